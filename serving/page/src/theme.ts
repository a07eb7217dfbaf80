/** Light or dark: as the system has it, until the reader chooses. */

import { signal } from "@preact/signals";

import { keep, recalled } from "./storage";

const KEPT = "hudna-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
let chosen = recalled("localStorage", KEPT);

export const isDark = signal(system.matches);

/** Puts on the theme that was chosen, or the system's. */
export function wear(): void {
  isDark.value = chosen ? chosen === "dark" : system.matches;
  document.documentElement.dataset.theme = isDark.value ? "dark" : "light";
}

/** Chooses the other theme. */
export function turn(): void {
  chosen = isDark.value ? "light" : "dark";
  keep("localStorage", KEPT, chosen);
  wear();
}

system.addEventListener("change", wear);
