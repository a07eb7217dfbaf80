import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { articlesOf, pastedArticles, type Taken } from "./files";
import { focusNext } from "./focus";
import { add, clear, entries } from "./state";
import { number, unread, words } from "./words";

const EXAMPLES = [
  { file: "gharyan", date: "2019-06-26" },
  { file: "eid-truce", date: "2019-08-11" },
  { file: "moscow-night", date: "2020-01-14" },
];
const texts = import.meta.glob<string>("../../../examples/*.txt", { query: "?raw", import: "default", eager: true });

const MOST_FAULTS = 20; // told one by one

const pasted = signal("");
const date = signal("");
const faults = signal<string[]>([]);
const isOver = signal(false);
const isOpen = signal(true);

/** Where articles come in; files may be dropped anywhere, lest the browser leave the page for one. */
export function Intake() {
  const w = words.value;
  useEffect(() => {
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", away);
    document.addEventListener("drop", dropped);
  }, []);
  const isFirst = !entries.value.length;
  if (!isFirst && !isOpen.value) {
    return (
      <div class="row intake-closed">
        <button onClick={openBox}>{w.more}</button>
        <button class="quiet" onClick={startOver}>{w.clear}</button>
      </div>
    );
  }
  return (
    <section class={`intake ${isOver.value ? "over" : ""}`}>
      <label for="pasted">{w.paste}</label>
      <textarea
        id="pasted"
        dir="auto"
        lang="ar"
        rows={isFirst ? 8 : 4}
        aria-describedby="pasted-hint"
        value={pasted.value}
        onInput={(event) => (pasted.value = event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && judgePasted()}
      />
      <p class="hint" id="pasted-hint">{w.pasteHint}</p>
      <div class="row">
        <button class="main" disabled={!pasted.value.trim()} onClick={judgePasted}>{w.judge}</button>
        <label class="file">
          <input type="file" multiple accept=".txt,.jsonl,.ndjson,.csv" onChange={chosen} />
          <span>{w.choose}</span>
        </label>
        <label class="date">
          {w.date}
          <input type="date" value={date.value} onInput={(event) => (date.value = event.currentTarget.value)} />
        </label>
      </div>
      {faults.value.length > 0 && (
        <ul class="faults" role="alert">
          {faults.value.slice(0, MOST_FAULTS).map((fault) => <li key={fault}>{fault}</li>)}
          {faults.value.length > MOST_FAULTS && <li>… +{number(faults.value.length - MOST_FAULTS)}</li>}
        </ul>
      )}
      <div class="row examples">
        <span>{w.examples}</span>
        {EXAMPLES.map(({ file, date: day }) => (
          <button key={file} class="example" lang="ar" dir="rtl" onClick={() => take({ articles: [{ id: file, text: textOf(file), date: day }], faults: [] })}>
            {textOf(file).split("\n", 1)[0]}
          </button>
        ))}
      </div>
    </section>
  );
}

function textOf(file: string): string {
  return texts[`../../../examples/${file}.txt`]!;
}

/** What can be read is judged; what cannot is told, and the box stays open beside it. */
function take({ articles, faults: found }: Taken): void {
  faults.value = found.map(unread);
  isOpen.value = found.length > 0;
  if (articles.length) {
    void add(articles);
  }
  if (!isOpen.value) {
    focusNext("results");
  }
}

function judgePasted(): void {
  if (!pasted.value.trim()) {
    return;
  }
  const taken = pastedArticles(pasted.value, `${words.value.pasted} ${entries.value.length + 1}`, date.value);
  take(taken);
  if (taken.articles.length) {
    pasted.value = "";
  }
}

/** Whether files are dragged: a text goes where the reader drops it. */
function isOfFiles(event: DragEvent): boolean {
  return event.dataTransfer!.types.includes("Files");
}

function over(event: DragEvent): void {
  if (isOfFiles(event)) {
    event.preventDefault();
    isOver.value = true;
  }
}

function away(event: DragEvent): void {
  isOver.value &&= event.relatedTarget !== null;
}

function dropped(event: DragEvent): void {
  if (isOfFiles(event)) {
    event.preventDefault();
    isOver.value = false;
    void read([...event.dataTransfer!.files]);
  }
}

function chosen(event: { currentTarget: HTMLInputElement }): void {
  void read([...event.currentTarget.files!]);
  event.currentTarget.value = "";
}

async function read(files: File[]): Promise<void> {
  const all = await Promise.all(files.map(articlesOf));
  take({ articles: all.flatMap((each) => each.articles), faults: all.flatMap((each) => each.faults) });
}

function startOver(): void {
  clear();
  openBox();
}

function openBox(): void {
  isOpen.value = true;
  focusNext("pasted");
}
