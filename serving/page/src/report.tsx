/** A report that stands alone: one file without scripts, which any browser opens, also offline. */

import { render } from "preact";

import { Matrix } from "./Matrix";
import { Paragraph } from "./Passage";
import { blocksOf } from "./passages";
import { pictured } from "./pictures";
import { labelsOf, signOf } from "./signs";
import { actor, correctionAt, type Entry, entries, heads, isUncertain, judgementAt, labelAt, sentenceAt, type Spot, spotsOf, target } from "./state";
import { actors, labelled, labelsBySentence, marks, uncertain } from "./tally";
import style from "./report.css?inline";
import { Timeline } from "./Timeline";
import { dated, language, listed, named, number, words } from "./words";

const ALONE = "default-src 'none'; style-src 'unsafe-inline'";

/** The whole page's results as HTML, made of elements, so that a text stays a text. */
export function reported(): string {
  const w = words.value;
  const page = document.implementation.createHTMLDocument(`${w.name} · ${w.motto}`);
  page.documentElement.lang = language.value;
  page.documentElement.dir = language.value === "ar" ? "rtl" : "ltr";
  page.head.prepend(
    made(page, "meta", { charset: "utf-8" }),
    made(page, "meta", { "http-equiv": "Content-Security-Policy", content: ALONE }),
    made(page, "meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
  );
  render(<Body />, page.body);
  for (const each of page.body.querySelectorAll("mark")) {
    ["role", "tabindex", "aria-pressed", "aria-label", "data-at"].forEach((name) => each.removeAttribute(name));
  }
  for (const [name, draw] of [["matrix", Matrix], ["timeline", Timeline]] as const) {
    const picture = pictured(draw, page);
    if (picture) {
      page.getElementById(name)!.append(picture);
    }
  }
  // Written in at last: as an element it would come under the policy of the page that makes the report.
  const sheet = `<style>${style}</style></head>`;
  return `<!doctype html>\n${page.documentElement.outerHTML.replace("</head>", () => sheet)}`;
}

function made(page: Document, name: string, attributes: Record<string, string>): HTMLElement {
  const element = page.createElement(name);
  Object.entries(attributes).forEach(([attribute, value]) => element.setAttribute(attribute, value));
  return element;
}

function Body() {
  const w = words.value;
  const judged = entries.value.filter((each) => each.analysis);
  const model = judged[0]?.analysis?.model;
  return (
    <>
      <h1>{w.name} <small>{w.motto}</small></h1>
      <p>
        {w.madeAt} {dated(new Date(), { dateStyle: "long", timeZone: undefined })} · {w.model} <bdi>{model && `${model.name} ${model.version}`}</bdi> · {w.articles}: {number(judged.length)}
      </p>
      <p>{w.caution}</p>
      <p>
        {w.actor}: <bdi>{actors.value.find((each) => each.actor === actor.value)?.name}</bdi> · {w.target} {named(target.value)}:{" "}
        {labelsOf(target.value).map((label) => (
          <span key={label} class="sentence" data-label={label} data-sign={signOf(label)}>{named(label)} </span>
        ))}
      </p>
      <Counts />
      <section id="matrix"><h2>{w.matrix}</h2></section>
      <section id="timeline"><h2>{w.time}: {named(target.value)}</h2></section>
      {judged.map((each) => <Reported key={each.place} of={each} />)}
    </>
  );
}

function Counts() {
  const w = words.value;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{w.actor}</th>
          {heads.value.map((head) => <th key={head} scope="col">{named(head)}</th>)}
          <th scope="col">{w.uncertain}</th>
        </tr>
      </thead>
      <tbody>
        {actors.value.map((each) => (
          <tr key={each.actor}>
            <th scope="row"><bdi>{each.name}</bdi></th>
            {heads.value.map((head) => (
              <td key={head}>
                {listed(labelsOf(head).map((label) => `${named(label)} ${number(labelled(each.spots, head, label).length)}`))}
              </td>
            ))}
            <td>{number(uncertain(each.spots).length)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Reported({ of }: { of: Entry }) {
  const { sentences, id } = of.analysis!;
  const spots = spotsOf(of);
  const shown = { actor: actor.value, labels: labelsBySentence(of), marks: marks() };
  const silent = sentences.map(() => []);
  return (
    <article lang="ar">
      <h2><bdi>{of.title || id}</bdi> {of.date && <small>{of.date}</small>}</h2>
      {blocksOf(of.text, sentences).map((block, place) => (
        <Paragraph key={place} block={block} sentences={sentences} shown={shown} said={silent} />
      ))}
      <ol>
        {spots.map((spot, place) => (
          <li key={place}>
            <bdi>{judgementAt(spot).name}</bdi> — {listed(heads.value.map((head) => toldOf(spot, head)))} — <bdi>{sentenceAt(of, spot.sentence).text}</bdi>
          </li>
        ))}
      </ol>
    </article>
  );
}

/** A head's label, and whether it is the reader's or the model was unsure of it. */
function toldOf(spot: Spot, head: string): string {
  const w = words.value;
  const note = correctionAt(spot, head) ? w.correction : isUncertain(spot, head) && w.uncertain;
  return `${named(head)}: ${named(labelAt(spot, head) ?? "")}${note ? ` (${note})` : ""}`;
}
