/** How labels look: a colour (Okabe & Ito, told apart by colour-blind readers) and a sign of its own. */

import { SENTIMENT } from "./contract";

export const STANCES = ["favor", "against", "conditional", "none"];
export const SENTIMENTS = ["positive", "neutral", "negative"];
const SIGNS: Record<string, string> = {
  favor: "▲",
  against: "▼",
  conditional: "◆",
  none: "○",
  positive: "+",
  neutral: "○",
  negative: "−",
};
const [HUES, LINES] = [7, 4]; // of underlines in marks.css; neither divides the other: 28 looks, neighbours unlike in both

export function signOf(label: string | undefined): string {
  return SIGNS[label ?? ""] ?? "•";
}

/** The labels of a head, in the order in which they are shown. */
export function labelsOf(head: string): string[] {
  return head === SENTIMENT ? SENTIMENTS : STANCES;
}

/** The CSS colour of a label. */
export function colourOf(label: string): string {
  return SIGNS[label] ? `var(--${label})` : "var(--none)";
}

/** The same as a colour of writing, with the contrast that reading wants. */
export function inkOf(label: string): string {
  return SIGNS[label] ? `var(--${label}-ink)` : "var(--none-ink)";
}

/** The look of an actor's mentions, by its rank on the page. */
export function markOf(rank: number): string {
  return `hue-${rank % HUES} line-${rank % LINES}`;
}
