/** Where the keyboard goes on when what had the focus is taken off the page. */

/** Focuses an element, once what changed is drawn. */
export function focusNext(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

/** Keeps the focus within a part of the page whose buttons are about to change. */
export function keepFocus(part: HTMLElement | null): void {
  if (part?.contains(document.activeElement)) {
    requestAnimationFrame(() => document.activeElement === document.body && part.focus());
  }
}
