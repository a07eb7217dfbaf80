import { memo } from "./memo";
import type { Sentence } from "./contract";
import { type Block, runsOf } from "./passages";
import { signOf } from "./signs";
import { listed } from "./words";

export interface Shown {
  actor: string; // whose stance tints the sentences
  labels: (string | undefined)[]; // by sentence, the label of that actor
  marks: Record<string, string>; // by actor, the look of its mentions
}

interface Tinted extends Shown {
  text: Sentence;
  place: number;
  current?: string; // the mention that the reader is at: «judgement.mention»
  isOpen?: boolean; // whether its panel is open
  said: string[]; // by judgement, what a screen reader is told of it
}

/** A sentence, tinted, with its mentions marked.
 *
 * Sentences are isolated, so that none reorders its neighbour. Mentions are not: isolation would cut
 * Arabic letters off those that they are joined to (بحفتر), and mark what is written by changing it.
 */
export const Passage = memo(function Passage({ text, place, labels, actor, marks, current, isOpen, said }: Tinted) {
  const label = labels[place];
  return (
    <span class="sentence" data-sentence={place} data-label={label} data-sign={label && signOf(label)}>
      {runsOf(text.text, text.judgements, text.start).map((run, number) => {
        if (run.judgement === undefined) {
          return run.text;
        }
        const at = `${run.judgement}.${run.mention}`;
        const of = text.judgements[run.judgement]!.actor;
        return (
          <mark
            key={number}
            class={`${marks[of] ?? ""} ${of === actor ? "chosen" : ""}`}
            role="button"
            tabIndex={current === at ? 0 : -1}
            aria-pressed={current === at && !!isOpen}
            aria-label={listed([run.text, said[run.judgement] ?? ""])}
            data-at={at}
          >
            {run.text}
          </mark>
        );
      })}
    </span>
  );
});

interface Lines {
  block: Block;
  sentences: Sentence[];
  shown: Shown;
  current?: { sentence: number; at: string; isOpen: boolean };
  said: string[][];
}

/** Lines that stand together in the article. */
export const Paragraph = memo(function Paragraph({ block, sentences, shown, current, said }: Lines) {
  return (
    <p class={block.isApart ? "apart" : undefined} dir="auto">
      {block.parts.map((part) =>
        typeof part === "string" ? (
          part
        ) : (
          <Passage
            key={part}
            {...shown}
            text={sentences[part]!}
            place={part}
            said={said[part]!}
            current={current?.sentence === part ? current.at : undefined}
            isOpen={current?.sentence === part ? current.isOpen : undefined}
          />
        ),
      )}
    </p>
  );
});
