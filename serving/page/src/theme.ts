/** Light or dark: as the system has it, until the reader chooses. */

import { signal } from "@preact/signals";

const KEPT = "hudna-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const isDark = signal(system.matches);

/** Puts on the theme that was chosen, or the system's. */
export function wear(): void {
  const chosen = localStorage.getItem(KEPT);
  isDark.value = chosen ? chosen === "dark" : system.matches;
  document.documentElement.dataset.theme = isDark.value ? "dark" : "light";
}

/** Chooses the other theme. */
export function turn(): void {
  localStorage.setItem(KEPT, isDark.value ? "light" : "dark");
  wear();
}

system.addEventListener("change", wear);
