/** The keys of the reading view, by their place on the keyboard: an Arabic layout has them too.
 *
 * They work while a mention or its panel has the focus, so that no single letter does anything elsewhere.
 */

import { prediction } from "./contract";
import { correctShown } from "./correcting";
import { labelsOf } from "./signs";
import { choose, entry, heads, isOpen, isUncertain, judgementAt, selected, type Spot, spotsOf } from "./state";

const ROWS = ["Digit", "QWER", "ASDF", "ZXCV"]; // a row of keys for each head
const STEPS: Record<string, number> = { KeyJ: 1, KeyK: -1 };

/** The key that gives a head's label, as it is shown; a head beyond the keyboard has none. */
export function keyOf(head: string, label: string): string | undefined {
  const row = ROWS[heads.value.indexOf(head)];
  const place = labelsOf(head).indexOf(label);
  return row === "Digit" ? String(place + 1) : row?.[place];
}

/** Answers a key of the text or of the panel. */
export function keyed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event.target as Element)) {
    return;
  }
  const at = selected.value;
  if (event.code in STEPS) {
    step(STEPS[event.code]!, () => true);
  } else if (event.code === "KeyU") {
    step(1, (spot) => heads.value.some((head) => isUncertain(spot, head)));
  } else if (event.key === "Escape" && isOpen.value) {
    leave();
  } else if (at && isOpen.value && !event.repeat) {
    label(at, event.code);
  }
}

function isElsewhere(target: Element): boolean {
  return !target.closest("article, aside") || !!target.closest("input, select, textarea");
}

/** Closes the panel; the focus goes back to the mention. */
export function leave(): void {
  isOpen.value = false;
  document.querySelector<HTMLElement>("mark[tabindex='0']")?.focus();
}

/** Goes to the next judgement, or the one before, that is wanted. */
export function step(by: number, isWanted: (spot: Spot) => boolean): void {
  if (!entry.value) {
    return;
  }
  const spots = spotsOf(entry.value).toSorted(
    (one, other) => one.sentence - other.sentence || startOf(one) - startOf(other),
  );
  const at = selected.value;
  const here = at ? spots.findIndex((spot) => spot.sentence === at.sentence && spot.judgement === at.judgement) : -1;
  for (let place = here + (here < 0 && by < 0 ? 0 : by); place >= 0 && place < spots.length; place += by) {
    if (isWanted(spots[place]!)) {
      choose({ ...spots[place]!, mention: 0 });
      return;
    }
  }
}

function startOf(spot: Spot): number {
  return judgementAt(spot).mentions[0]!.start;
}

function label(at: Spot, code: string): void {
  const pressed = code.replace(/^(Key|Digit)/, "");
  for (const head of heads.value) {
    const found = labelsOf(head).find((each) => keyOf(head, each) === pressed);
    if (found && prediction(judgementAt(at), head)) {
      void correctShown(at, head, found);
    }
  }
}
