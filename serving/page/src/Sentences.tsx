import { useEffect, useRef, useState } from "preact/hooks";

import { runsOf } from "./passages";
import { inkOf, signOf } from "./signs";
import { behind, goTo, heads, judgementAt, labelAt, sentenceAt, type Spot } from "./state";
import { counted, named, words } from "./words";

const STEP = 100; // sentences shown at first, and with each «more»

/** The sentences behind a number. */
export function Sentences() {
  const w = words.value;
  const shown = behind.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const [most, setMost] = useState(STEP);
  useEffect(() => {
    setMost(STEP);
    if (shown) {
      dialog.current!.showModal();
    } else {
      dialog.current!.close();
    }
  }, [shown]);
  return (
    <dialog ref={dialog} class="behind" aria-labelledby="behind-title" onClose={() => (behind.value = undefined)}>
      {shown && (
        <>
          <header class="row">
            <h2 id="behind-title"><bdi>{shown.told}</bdi> <small>{counted(shown.spots.length, "sentence")}</small></h2>
            <button class="quiet close" aria-label={w.close} onClick={() => (behind.value = undefined)}>✕</button>
          </header>
          <ol>{shown.spots.slice(0, most).map((spot) => <Behind key={`${spot.entry.place}.${spot.sentence}`} spot={spot} />)}</ol>
          {shown.spots.length > most && <button onClick={() => setMost(most + STEP)}>{w.showMore}</button>}
        </>
      )}
    </dialog>
  );
}

function Behind({ spot }: { spot: Spot }) {
  const { entry, sentence, judgement } = spot;
  const { text, start, judgements } = sentenceAt(entry, sentence);
  return (
    <li>
      <p class="quoted" dir="auto" lang="ar">
        {runsOf(text, judgements, start).map((run) => (run.judgement === judgement ? <b>{run.text}</b> : run.text))}
      </p>
      <p class="row">
        <small>
          <bdi>{entry.title || entry.id}</bdi> {entry.date && <> · <bdi>{entry.date}</bdi></>}
        </small>
        {heads.value.map((head) => {
          const label = labelAt(spot, head);
          return label && label !== "none" && label !== "neutral" ? (
            <small key={head}>
              <span style={{ color: inkOf(label) }} aria-hidden="true">{signOf(label)}</span> <bdi>{judgementAt(spot).stance[head] ? `${named(head)}: ` : ""}{named(label)}</bdi>
            </small>
          ) : null;
        })}
        <button class="quiet" onClick={() => goTo(spot)}>{words.value.goTo}</button>
      </p>
    </li>
  );
}
