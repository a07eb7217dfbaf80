import { useRef } from "preact/hooks";

import { reported } from "./report";
import { save } from "./saving";
import { entries } from "./state";
import { tabled } from "./tabled";
import { words } from "./words";

/** What can be saved of the results; the pictures are saved where they stand. */
export function Exports() {
  const w = words.value;
  const menu = useRef<HTMLDetailsElement>(null);
  const saved = (name: string, kind: string, content: () => string) => () => {
    save(name, kind, content());
    menu.current!.open = false;
  };
  const left = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      menu.current!.open = false;
      menu.current!.querySelector("summary")!.focus();
    }
  };
  return (
    <details class="menu" ref={menu} onKeyDown={left}>
      <summary>{w.exportAs}</summary>
      <div>
        <button onClick={saved("hudna.csv", "text/csv", tabled)}>{w.csv}</button>
        <button onClick={saved("hudna.json", "application/json", asJson)}>{w.json}</button>
        <button onClick={saved("hudna.html", "text/html", reported)}>{w.report}</button>
      </div>
    </details>
  );
}

/** The answers as the service gave them. */
function asJson(): string {
  return JSON.stringify(entries.value.flatMap((each) => each.analysis ?? []), null, 1);
}
