import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Article } from "./contract";
import { articlesOf, pastedArticles, Unreadable } from "./files";
import { add, clear, entries } from "./state";
import { unread, words } from "./words";

const EXAMPLES = [
  { file: "gharyan", date: "2019-06-26" },
  { file: "eid-truce", date: "2019-08-11" },
  { file: "moscow-night", date: "2020-01-14" },
];
const texts = import.meta.glob<string>("../../../examples/*.txt", { query: "?raw", import: "default", eager: true });

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
        <button onClick={() => (isOpen.value = true)}>{w.more}</button>
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
        <ul class="faults" role="alert">{faults.value.map((fault) => <li key={fault}>{fault}</li>)}</ul>
      )}
      <div class="row examples">
        <span>{w.examples}</span>
        {EXAMPLES.map(({ file, date: day }) => (
          <button key={file} class="example" lang="ar" dir="rtl" onClick={() => taken([{ id: file, text: textOf(file), date: day }])}>
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

function taken(articles: Article[]): void {
  faults.value = [];
  isOpen.value = false;
  void add(articles);
}

function judgePasted(): void {
  try {
    const name = `${words.value.pasted} ${entries.value.length + 1}`;
    taken(pastedArticles(pasted.value, name, date.value));
    pasted.value = "";
  } catch (error) {
    faults.value = [told(error)];
  }
}

function over(event: DragEvent): void {
  event.preventDefault();
  isOver.value = true;
}

function away(event: DragEvent): void {
  isOver.value = event.relatedTarget !== null;
}

function dropped(event: DragEvent): void {
  event.preventDefault();
  isOver.value = false;
  void read([...event.dataTransfer!.files]);
}

function chosen(event: { currentTarget: HTMLInputElement }): void {
  void read([...event.currentTarget.files!]);
  event.currentTarget.value = "";
}

/** What can be read is judged; what cannot is told. */
async function read(files: File[]): Promise<void> {
  const outcomes = await Promise.allSettled(files.map(articlesOf));
  const articles = outcomes.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  if (articles.length) {
    taken(articles);
  }
  faults.value = outcomes.flatMap((each) => (each.status === "rejected" ? [told(each.reason)] : []));
  isOpen.value = faults.value.length > 0;
}

function told(error: unknown): string {
  return error instanceof Unreadable ? unread(error) : String(error);
}

function startOver(): void {
  clear();
  isOpen.value = true;
}
