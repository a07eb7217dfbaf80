/** What the browser keeps for the page; where it is set to keep nothing, it throws, and the page goes on. */

type Store = "localStorage" | "sessionStorage";

/** What was kept under a name. */
export function recalled(store: Store, name: string): string | null {
  try {
    return window[store].getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a value, for the browser (`localStorage`) or this tab. */
export function keep(store: Store, name: string, value: string): void {
  try {
    window[store].setItem(name, value);
  } catch {
    // It lasts as long as the page does.
  }
}
