/** Counts over judgements; each can be asked for the sentences behind it. */

import { computed } from "@preact/signals";
import { utcDay, utcMonday, utcMonth, utcYear } from "d3-time";

import { heads, isUncertain, judgementAt, labelAt, type Spot, spots } from "./state";

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
  const day = new Date(`${entry.date?.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(day.valueOf()) ? undefined : day;
}

export interface Period {
  start: Date;
  spots: Spot[];
}

/** Dated judgements by day, week, month or year: the shortest of which there are at most `most`. */
export function periodsOf(judged: Spot[], most: number): { unit: Intl.DateTimeFormatOptions; periods: Period[] } {
  const dated = judged.filter(dayOf);
  const days = dated.map((spot) => dayOf(spot)!);
  const [first, last] = [Math.min(...days.map(Number)), Math.max(...days.map(Number))];
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "2-digit" };
  const steps = [
    { step: utcDay, unit: day },
    { step: utcMonday, unit: day },
    { step: utcMonth, unit: { month: "short", year: "2-digit" } as const },
    { step: utcYear, unit: { year: "numeric" } as const },
  ];
  const fits = ({ step }: (typeof steps)[0]) => step.count(new Date(first), new Date(last)) < most;
  const { step, unit } = steps.find(fits) ?? steps.at(-1)!;
  const found = new Map<number, Period>();
  dated.forEach((spot, place) => {
    const start = step.floor(days[place]!);
    const period = found.get(+start) ?? { start, spots: [] };
    period.spots.push(spot);
    found.set(+start, period);
  });
  return { unit, periods: [...found.values()].sort((one, other) => +one.start - +other.start) };
}
