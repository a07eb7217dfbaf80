/** An article as it was written, cut where sentences and mentions begin and end. */

import { unitsOf } from "./codepoints";
import type { Judgement, Sentence } from "./contract";

/** A run of a sentence's text, and the mention that it is: of which judgement, and its how-manieth. */
export interface Run {
  text: string;
  judgement?: number;
  mention?: number;
}

/** Lines that stand together: the text between sentences, and sentences by their places. */
export interface Block {
  isApart: boolean; // an empty line stands before it
  parts: (string | number)[];
}

// A browser lays out whole what is partly in sight, and looks at every stretch for each frame: neither may
// be large. No newsroom's paragraph is as long.
const MOST_PARTS = 80;

/** The blocks of a text: a new one begins where a line ends between two sentences. */
export function blocksOf(text: string, sentences: Sentence[]): Block[] {
  const unit = unitsOf(text);
  const blocks: Block[] = [{ isApart: false, parts: [] }];
  let read = 0;
  const between = (end: number) => {
    const [first = "", ...lines] = text.slice(read, end).split(/\r?\n/);
    add(blocks, first);
    if (lines.length) {
      blocks.push({ isApart: lines.length > 1, parts: [] });
      add(blocks, lines.filter((line) => line.trim()).join("\n"));
    }
  };
  sentences.forEach((sentence, place) => {
    between(unit(sentence.start));
    if (blocks.at(-1)!.parts.length >= MOST_PARTS) {
      blocks.push({ isApart: false, parts: [] });
    }
    blocks.at(-1)!.parts.push(place);
    read = unit(sentence.end);
  });
  between(text.length);
  return blocks.filter((block) => block.parts.length);
}

/** Blocks that are laid out together once they come into sight. */
export function stretchesOf(blocks: Block[]): Block[][] {
  const stretches: Block[][] = [];
  let parts = Infinity;
  for (const block of blocks) {
    if (parts + block.parts.length > MOST_PARTS) {
      stretches.push([]);
      parts = 0;
    }
    stretches.at(-1)!.push(block);
    parts += block.parts.length;
  }
  return stretches;
}

function add(blocks: Block[], text: string): void {
  if (text) {
    blocks.at(-1)!.parts.push(text);
  }
}

/** The runs of a sentence; where mentions overlap, the first is marked. `origin` is its start. */
export function runsOf(text: string, judgements: Judgement[], origin: number): Run[] {
  const unit = unitsOf(text);
  const found = judgements.flatMap((each, judgement) =>
    each.mentions.map(({ start, end }, mention) => ({ start, end, judgement, mention })),
  );
  found.sort((one, other) => one.start - other.start || other.end - one.end);
  const runs: Run[] = [];
  let read = 0;
  for (const { start, end, judgement, mention } of found) {
    const [from, to] = [unit(start - origin), unit(end - origin)];
    if (from < read) {
      continue;
    }
    if (from > read) {
      runs.push({ text: text.slice(read, from) });
    }
    runs.push({ text: text.slice(from, to), judgement, mention });
    read = to;
  }
  if (read < text.length) {
    runs.push({ text: text.slice(read) });
  }
  return runs;
}
