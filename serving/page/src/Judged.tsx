import { useEffect, useState } from "preact/hooks";

import { type Influence, type Judgement, prediction } from "./contract";
import { correctShown, faultAt, stored } from "./correcting";
import { keyed, keyOf, leave, step } from "./keyboard";
import { Fault } from "./Progress";
import { runsOf } from "./passages";
import { explained } from "./service";
import { colourOf, inkOf, labelsOf, signOf } from "./signs";
import { correctionAt, heads, isUncertain, judgementAt, labelAt, sentenceAt, type Spot } from "./state";
import { headed, named, number, percent, words } from "./words";

const LEAST = 0.005; // of a probability; a word that moved less is not worth a reader's time
const SETTLED = 250; // milliseconds at a mention before its words are asked for: readers pass by many

/** What was judged of one actor in one sentence, why, and the way to correct it. */
export function Judged({ spot }: { spot: Spot }) {
  const w = words.value;
  const judgement = judgementAt(spot);
  const sentence = sentenceAt(spot.entry, spot.sentence);
  const why = useExplanation(spot);
  return (
    <aside class="panel judged" aria-label={judgement.name} onKeyDown={keyed}>
      <div class="row">
        <h2><bdi>{judgement.name}</bdi></h2>
        <button class="quiet" onClick={() => step(-1, () => true)} title="K">{w.previous}</button>
        <button class="quiet" onClick={() => step(1, () => true)} title="J">{w.next}</button>
        <button class="quiet close" onClick={leave} aria-label={w.close}>✕</button>
      </div>
      <blockquote dir="auto" lang="ar">
        {runsOf(sentence.text, sentence.judgements, sentence.start).map((run) =>
          run.judgement === spot.judgement ? <b>{run.text}</b> : run.text,
        )}
      </blockquote>
      {heads.value.map((head) => <Head key={head} spot={spot} head={head} why={why?.[head]?.filter((word) => word.weight >= LEAST)} />)}
      <p class="hint">{w.correctHint}</p>
      <details>
        <summary>{w.shortcuts}</summary>
        <dl class="keys">
          <dt><kbd>J</kbd> <kbd>K</kbd></dt><dd>{w.keyNext}</dd>
          <dt><kbd>U</kbd></dt><dd>{w.keyUncertain}</dd>
          <dt><kbd>1</kbd>–<kbd>4</kbd> <kbd>Q</kbd>–<kbd>R</kbd> <kbd>A</kbd> <kbd>S</kbd> <kbd>D</kbd></dt><dd>{w.keyLabels}</dd>
          <dt><kbd>Esc</kbd></dt><dd>{w.keyClose}</dd>
        </dl>
      </details>
    </aside>
  );
}

interface HeadGiven {
  spot: Spot;
  head: string;
  why?: Influence[];
}

function Head({ spot, head, why }: HeadGiven) {
  const w = words.value;
  const judgement = judgementAt(spot);
  const decision = prediction(judgement, head);
  if (!decision) {
    return null;
  }
  const label = labelAt(spot, head);
  const isCorrected = !!correctionAt(spot, head);
  const isKept = stored.value?.judgement === judgement && stored.value.head === head;
  const fault = faultAt(spot, head);
  return (
    <section class="head" data-head={head}>
      <h3>
        {headed(head)}
        {isUncertain(spot, head) && <span class="badge">{w.uncertain}</span>}
        {isCorrected && <span class="badge corrected">{w.correction}</span>}
      </h3>
      <div role="group" aria-label={headed(head)}>
        {labelsOf(head).map((each) => (
          <button
            key={each}
            class="label"
            data-label={each}
            aria-pressed={each === label}
            onClick={() => void correctShown(spot, head, each)}
          >
            <span class="sign" style={{ color: inkOf(each) }} aria-hidden="true">{signOf(each)}</span>
            <span class="word">
              {named(each)}
              {isCorrected && each === decision.label && <small> ({w.judged})</small>}
            </span>
            <span class="bar-track" aria-hidden="true">
              <span style={{ inlineSize: `${100 * (decision.probabilities[each] ?? 0)}%`, background: colourOf(each) }} />
            </span>
            <span class="share">{percent(decision.probabilities[each] ?? 0)}</span>
            <kbd aria-hidden="true">{keyOf(head, each)}</kbd>
          </button>
        ))}
      </div>
      <p role="status" class="stored">
        {fault ? <Fault reason={fault} /> : isKept && w.kept}
      </p>
      {why && (
        <details class="why" open>
          <summary title={w.whyHint}>{w.why}</summary>
          {why.length ? (
            <ul title={w.whyHint}>
              {why.map((word) => (
                <li key={word.start}>
                  <bdi lang="ar">{word.text}</bdi>{" "}
                  <small dir="ltr">{number(Math.round(100 * word.weight))}</small>
                </li>
              ))}
            </ul>
          ) : (
            <p class="hint">{w.noWhy}</p>
          )}
        </details>
      )}
    </section>
  );
}

/** By head, the words that moved a judgement, once they are there. */
function useExplanation(spot: Spot): Record<string, Influence[]> | undefined {
  const [known, setKnown] = useState<{ of: Judgement; why: Record<string, Influence[]> }>();
  const of = judgementAt(spot);
  useEffect(() => {
    const stop = new AbortController();
    const { text, start: origin } = sentenceAt(spot.entry, spot.sentence);
    const { actor, mentions } = of;
    const placed = mentions.map(({ start, end }) => ({ start: start - origin, end: end - origin }));
    const settled = setTimeout(async () => {
      try {
        setKnown({ of, why: await explained({ text, actor, mentions: placed }, stop.signal) });
      } catch {
        // The judgement stands without its words; whoever comes back asks again.
      }
    }, SETTLED);
    return () => (clearTimeout(settled), stop.abort());
  }, [of]);
  return known?.of === of ? known.why : undefined;
}
