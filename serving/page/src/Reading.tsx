import { useComputed, useSignalEffect } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";

import { Judged } from "./Judged";
import { keyed } from "./keyboard";
import { Paragraph } from "./Passage";
import { blocksOf, stretchesOf } from "./passages";
import { Fault } from "./Progress";
import { Refusal } from "./service";
import { inkOf, labelsOf, signOf } from "./signs";
import { actor, choose, type Entry, entries, entry, go, heads, isOpen, judgementAt, labelAt, open, opened, selected, spotsOf, target, TITLE } from "./state";
import { actors, actorsOf, labelled, labelsBySentence, marks } from "./tally";
import { TargetChoice } from "./TargetChoice";
import { clipped, counted, language, listed, named, number, words } from "./words";

const MOST_RAW = 3_000; // signs shown of an article that was not judged: one may be refused for its length

/** An article as it was written, its mentions marked, and what was judged of the one chosen. */
export function Reading() {
  const w = words.value;
  const of = entry.value;
  return (
    <div class={`reading ${entries.value.length > 1 ? "several" : ""}`}>
      {entries.value.length > 1 && <Articles />}
      <div class="text" onKeyDown={keyed}>
        <div class="row choices">
          <ActorChoice />
          <TargetChoice />
        </div>
        <Legend />
        {of?.analysis && <Text key={of.place} of={of} />}
        {of?.error !== undefined && (
          <div class="refused">
            <p><Fault reason={new Refusal(of.status ?? 0, of.error)} /></p>
            <button onClick={() => go(true)}>{w.again}</button>
          </div>
        )}
        {of && !of.analysis && of.error === undefined && <p class="hint">{w.waiting}</p>}
        {of && !of.analysis && <p class="raw" dir="auto">{clipped(of.text, MOST_RAW)}</p>}
      </div>
      {selected.value && isOpen.value ? <Judged spot={selected.value} /> : <Present />}
    </div>
  );
}

function Articles() {
  const w = words.value;
  return (
    <nav class="articles" aria-label={w.articles}>
      <h2>{counted(entries.value.length, "article")}</h2>
      <ul>
        {entries.value.map((each) => (
          <li key={each.place}>
            <button
              aria-current={each.place === opened.value ? "true" : undefined}
              onClick={() => open(each.place)}
            >
              <bdi>{each.title || firstLine(each)}</bdi>
              <small>
                <bdi>{each.date ?? ""}</bdi> {!each.analysis && (each.error !== undefined ? `✕ ${w.failed}` : w.waiting)}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function firstLine({ text, id }: Entry): string {
  return text.trimStart().split("\n", 1)[0]!.slice(0, 90) || id;
}

function ActorChoice() {
  return (
    <label class="select">
      {words.value.actor}
      <select value={actor.value} onChange={(event) => (actor.value = event.currentTarget.value)}>
        {actors.value.map((each) => (
          <option key={each.actor} value={each.actor}>{`${each.name} (${number(each.mentions)})`}</option>
        ))}
      </select>
    </label>
  );
}

function Legend() {
  return (
    <ul class="legend">
      {labelsOf(target.value).map((label) => (
        <li key={label} data-label={label}>
          <span class="sign" style={{ color: inkOf(label) }}>{signOf(label)}</span> {named(label)}
        </li>
      ))}
    </ul>
  );
}

function Text({ of }: { of: Entry }) {
  const { sentences, title } = of.analysis!;
  const container = useRef<HTMLDivElement>(null);
  const stretches = useMemo(() => stretchesOf(blocksOf(of.text, sentences)), [of.analysis]);
  const titles = useMemo(() => title && blocksOf(of.title!, [title]), [of.analysis]);
  const looks = useComputed(marks).value;
  const labels = useComputed(() => labelsBySentence(of)).value;
  const said = useComputed(() => saidOf(of)).value;
  const shown = useMemo(() => ({ actor: actor.value, labels, marks: looks }), [actor.value, labels, looks]);
  const headline = useMemo(() => ({ ...shown, labels: labels.slice(-1) }), [shown]);
  const here = selected.value?.entry.place === of.place ? selected.value : undefined;
  const first = useMemo(() => spotsOf(of)[0], [of]);
  const current = useMemo(() => {
    const at = here ?? (first && { ...first, mention: 0 });
    return at && { sentence: at.sentence, at: `${at.judgement}.${at.mention}`, isOpen: !!here && isOpen.value };
  }, [here, first, isOpen.value]);
  useSignalEffect(() => {
    const at = selected.value;
    if (at && at.entry.place === of.place) {
      requestAnimationFrame(() => container.current?.querySelector<HTMLElement>("mark[tabindex='0']")?.focus());
    }
  });
  const pressed = (event: Event) => {
    const mark = (event.target as Element).closest<HTMLElement>("mark");
    if (mark) {
      const isTitle = mark.closest("h2");
      const sentence = isTitle ? TITLE : Number(mark.closest<HTMLElement>(".sentence")!.dataset.sentence);
      const [judgement, mention] = mark.dataset.at!.split(".").map(Number) as [number, number];
      choose({ entry: of, sentence, judgement, mention });
    }
  };
  return (
    <article
      ref={container}
      onClick={pressed}
      onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), pressed(event))}
      lang="ar"
    >
      {titles && (
        <h2>
          {titles.map((block, place) => (
            <Paragraph
              key={place}
              block={block}
              sentences={[title!]}
              shown={headline}
              said={[said[said.length - 1]!]}
              current={current?.sentence === TITLE ? { ...current, sentence: 0 } : undefined}
            />
          ))}
        </h2>
      )}
      {stretches.map((blocks, place) => (
        <div key={place} class="stretch">
          {blocks.map((block, number) => (
            <Paragraph
              key={number}
              block={block}
              sentences={sentences}
              shown={shown}
              said={said}
              current={current && block.parts.includes(current.sentence) ? current : undefined}
            />
          ))}
        </div>
      ))}
      {!first && <p class="hint" lang={language.value}>{words.value.nobody}</p>}
    </article>
  );
}

/** By sentence, and last by the title, what a screen reader is told of each judgement. */
function saidOf(of: Entry): string[][] {
  const said: string[][] = Array.from({ length: of.analysis!.sentences.length + 1 }, () => []);
  for (const spot of spotsOf(of)) {
    const told = heads.value.map((head) => `${named(head)}: ${named(labelAt(spot, head) ?? "")}`);
    said.at(spot.sentence)!.push(listed([judgementAt(spot).name, ...told]));
  }
  return said;
}

/** Who is in the article, while no mention is chosen. */
function Present() {
  const w = words.value;
  const of = entry.value;
  const present = of ? actorsOf(spotsOf(of)) : [];
  const looks = marks();
  return (
    <aside class="panel" aria-label={w.legend}>
      <h2>{w.legend}</h2>
      <p class="hint">{present.length ? w.pick : w.nothing}</p>
      <ul class="present">
        {present.map((each) => (
          <li key={each.actor}>
            <button aria-pressed={actor.value === each.actor} onClick={() => (actor.value = each.actor)}>
              <span class={`look ${looks[each.actor]}`}><bdi>{each.name}</bdi></span>
              <small>
                {labelsOf(target.value).map((label) => [label, labelled(each.spots, target.value, label).length] as const)
                  .filter(([, count]) => count)
                  .map(([label, count]) => (
                    <span key={label} class="tally" title={named(label)}>
                      <span style={{ color: inkOf(label) }} aria-hidden="true">{signOf(label)}</span>
                      <span class="unseen">{named(label)}</span> {number(count)}
                    </span>
                  ))}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </aside>
  );
}

