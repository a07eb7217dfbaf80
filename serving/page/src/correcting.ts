/** Corrections as the reader sees them: stored, or not and to be tried again. */

import { signal } from "@preact/signals";

import type { Judgement } from "./contract";
import { correct, judgementAt, type Spot } from "./state";

export interface Unstored {
  spot: Spot;
  head: string;
  label: string;
  fault: unknown;
}

/** The head whose correction was stored last. */
export const stored = signal<{ judgement: Judgement; head: string } | undefined>();

/** What could not be stored; it stays until it is, or until the reader lets it be. */
export const unstored = signal<Unstored[]>([]);

/** Corrects a head of a judgement, and keeps whether that was stored. */
export async function correctShown(spot: Spot, head: string, label: string): Promise<void> {
  try {
    await correct(spot, head, label);
    stored.value = { judgement: judgementAt(spot), head };
    unstored.value = without(spot, head);
  } catch (fault) {
    stored.value = undefined;
    unstored.value = [...without(spot, head), { spot, head, label, fault }];
  }
}

/** Why a head's correction was not stored. */
export function faultAt(spot: Spot, head: string): unknown {
  return unstored.value.find((each) => isOf(each, spot, head))?.fault;
}

/** Sends again what could not be stored. */
export function storeAgain(): void {
  unstored.value.forEach(({ spot, head, label }) => void correctShown(spot, head, label));
}

function without(spot: Spot, head: string): Unstored[] {
  return unstored.value.filter((each) => !isOf(each, spot, head));
}

function isOf(each: Unstored, spot: Spot, head: string): boolean {
  return each.head === head && judgementAt(each.spot) === judgementAt(spot);
}
