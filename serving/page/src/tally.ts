/** Counts over judgements; each can be asked for the sentences behind it. */

import { computed } from "@preact/signals";
import { type CountableTimeInterval, type TimeInterval, utcDay, utcMonday, utcMonth, utcYear } from "d3-time";

import { markOf } from "./signs";
import { actor, type Entry, heads, isUncertain, judgementAt, labelAt, type Spot, spots, spotsOf, target, TITLE } from "./state";

/** One actor on the page, and every judgement of it. */
export interface Named {
  actor: string;
  name: string;
  mentions: number;
  spots: Spot[];
}

/** The actors of judgements, the most often named first. */
export function actorsOf(judged: Spot[]): Named[] {
  const found = new Map<string, Named>();
  for (const spot of judged) {
    const { actor, name, mentions } = judgementAt(spot);
    const named = found.get(actor) ?? { actor, name, mentions: 0, spots: [] };
    named.mentions += mentions.length;
    named.spots.push(spot);
    found.set(actor, named);
  }
  return [...found.values()].sort((one, other) => other.mentions - one.mentions);
}

export const actors = computed(() => actorsOf(spots.value));

/** Those with this label of a head. */
export function labelled(judged: Spot[], head: string, label: string): Spot[] {
  return judged.filter((spot) => labelAt(spot, head) === label);
}

/** Those of which a head is uncertain, or any head. */
export function uncertain(judged: Spot[], head?: string): Spot[] {
  return judged.filter((spot) => (head ? [head] : heads.value).some((each) => isUncertain(spot, each)));
}

/** The day of an article, if it names one. */
export function dayOf({ entry }: Spot): Date | undefined {
  const written = entry.date?.replace(/^(\d{4})(\d{2})(\d{2})/, "$1-$2-$3"); // ISO 8601 has a short form
  const day = new Date(`${written?.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(day.valueOf()) ? undefined : day;
}

const DAY: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric" };
const MONTH: Intl.DateTimeFormatOptions = { month: "short", year: "numeric" };
const STEPS: { step: CountableTimeInterval | TimeInterval; unit: Intl.DateTimeFormatOptions }[] = [
  { step: utcDay, unit: DAY },
  { step: utcMonday, unit: DAY },
  { step: utcMonth, unit: MONTH },
  { step: utcMonth.every(3)!, unit: MONTH },
  { step: utcYear, unit: { year: "numeric" } },
];

export interface Period {
  start: Date;
  spots: Spot[];
}

/** Dated judgements by day, week, month, quarter or year: the shortest of which there are at most `most`. */
export function periodsOf(judged: Spot[], most: number): { unit: Intl.DateTimeFormatOptions; periods: Period[] } {
  const days = judged.flatMap((spot) => dayOf(spot) ?? []).sort((one, other) => +one - +other);
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) {
    return { unit: {}, periods: [] };
  }
  const all = ({ step }: (typeof STEPS)[0]) => step.range(step.floor(first), new Date(+last + 1));
  const { step, unit } = STEPS.find((each) => all(each).length <= most) ?? STEPS.at(-1)!;
  const periods = new Map(all({ step, unit }).map((start) => [+start, { start, spots: [] as Spot[] }]));
  for (const spot of judged) {
    const day = dayOf(spot);
    if (day) {
      periods.get(+step.floor(day))!.spots.push(spot);
    }
  }
  return { unit, periods: [...periods.values()] };
}

/** By actor, the look of its mentions, the same on the whole page. */
export const marks = () => Object.fromEntries(actors.value.map((each, rank) => [each.actor, markOf(rank)]));

/** By sentence, and last by the title, the chosen actor's stance toward the chosen target. */
export function labelsBySentence(of: Entry): (string | undefined)[] {
  const labels = new Array<string | undefined>(of.analysis!.sentences.length + 1).fill(undefined);
  for (const spot of spotsOf(of)) {
    if (judgementAt(spot).actor === actor.value) {
      labels[spot.sentence === TITLE ? labels.length - 1 : spot.sentence] = labelAt(spot, target.value);
    }
  }
  return labels;
}
