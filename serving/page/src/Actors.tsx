import { effect, signal } from "@preact/signals";

import { colourOf, inkOf, labelsOf, signOf } from "./signs";
import { behind, entries, heads, type Spot } from "./state";
import { actors, labelled, type Named, uncertain } from "./tally";
import { counted, headed, listed, named, number, words } from "./words";

const STEP = 24; // panels shown at first, and with each «more»
const MOST_UNSOUGHT = 6; // actors that need no search

const sought = signal("");
const most = signal(STEP);

effect(() => {
  if (!entries.value.length) {
    sought.value = ""; // a search is for the articles on the page
    most.value = STEP;
  }
});

/** A panel for each actor. */
export function Actors() {
  const w = words.value;
  const isSearched = actors.value.length > MOST_UNSOUGHT;
  const found = isSearched ? actors.value.filter((each) => folded(each.name).includes(folded(sought.value.trim()))) : actors.value;
  return (
    <div class="actors">
      {isSearched && (
        <label class="search">
          <span class="unseen">{w.search}</span>
          <input type="search" placeholder={w.search} value={sought.value} onInput={(event) => (sought.value = event.currentTarget.value)} />
        </label>
      )}
      {!found.length && <p class="hint">{w.notFound}</p>}
      <ul class="panels">
        {found.slice(0, most.value).map((each) => <li key={each.actor}><Panel of={each} /></li>)}
      </ul>
      {found.length > most.value && <button onClick={() => (most.value += STEP)}>{w.showMore}</button>}
    </div>
  );
}

/** A name in the letters that readers mix: with any hamza or none, ة as ه, ى as ي. */
function folded(name: string): string {
  return name.replace(/[أإآ]/g, "ا").replace(/ة/g, "ه").replace(/ى/g, "ي").toLowerCase();
}

function Panel({ of }: { of: Named }) {
  const w = words.value;
  const unsure = uncertain(of.spots);
  return (
    <article class="card">
      <h2><bdi>{of.name}</bdi></h2>
      <p class="row">
        <Number told={listed([of.name, w.every])} spots={of.spots}>
          {counted(of.mentions, "mention")} · {counted(of.spots.length, "sentence")}
        </Number>
        {unsure.length > 0 && (
          <Number told={listed([of.name, w.uncertain])} spots={unsure}>{w.uncertain}: {number(unsure.length)}</Number>
        )}
      </p>
      {heads.value.map((head) => (
        <section key={head}>
          <h3>{headed(head)}</h3>
          <div class="shares" aria-hidden="true">
            {labelsOf(head).map((label) => (
              <span key={label} style={{ flexGrow: labelled(of.spots, head, label).length, background: colourOf(label) }} />
            ))}
          </div>
          <p class="row counts">
            {labelsOf(head).map((label) => {
              const found = labelled(of.spots, head, label);
              return found.length ? (
                <Number key={label} told={listed([of.name, named(head), named(label)])} spots={found}>
                  <span style={{ color: inkOf(label) }} aria-hidden="true">{signOf(label)}</span> {named(label)} <b>{number(found.length)}</b>
                </Number>
              ) : null;
            })}
          </p>
        </section>
      ))}
    </article>
  );
}

function Number({ told, spots, children }: { told: string; spots: Spot[]; children: preact.ComponentChildren }) {
  return <button class="number" onClick={() => (behind.value = { told, spots })}>{children}</button>;
}
