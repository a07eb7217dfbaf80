/** Articles from what is pasted or dropped: texts, lines of JSON, and tables with commas. */

import { csvParseRows } from "d3-dsv";

import type { Article } from "./contract";

const FIELDS = ["id", "title", "text", "date"] as const;
const DATED = /\d{4}-\d{2}-\d{2}/;
const NO_TEXTS = new Set(["json", "tsv", "htm", "html", "xml", "rtf", "pdf", "doc", "docx", "odt", "xls", "xlsx"]);

type Row = Record<string, unknown>;

/** What a file, or a line or row of it, is not, for the page to tell in its language. */
export class Unreadable extends Error {
  constructor(
    readonly reason: "notRead" | "notUtf8" | "noText" | "notJson" | "noRows" | "noKind" | "tooLong",
    readonly place: string,
  ) {
    super(reason);
  }
}

/** What could be read, and why the rest could not. */
export interface Taken {
  articles: Article[];
  faults: Unreadable[];
}

/** The articles of a file; a text's date is that in its name. */
export async function articlesOf(file: File): Promise<Taken> {
  const kind = file.name.toLowerCase().split(".").at(-1)!;
  try {
    return taken(NO_TEXTS.has(kind) ? [new Unreadable("noKind", file.name)] : found(await textOf(file), kind, file.name));
  } catch (fault) {
    return { articles: [], faults: [fault as Unreadable] };
  }
}

/** The articles of a pasted text: those of its lines if any is an object of JSON, else the one text. */
export function pastedArticles(text: string, id: string, date: string): Taken {
  const isJson = isObject(text) || text.split("\n").some(isObject);
  return taken(isJson ? jsonArticles(text, id) : [{ id, text, ...(date && { date }) }]);
}

type Found = Article | Unreadable;

function taken(found: Found[]): Taken {
  const faults = found.filter((each) => each instanceof Unreadable);
  return { articles: found.filter((each): each is Article => !(each instanceof Unreadable)), faults };
}

function found(text: string, kind: string, name: string): Found[] {
  if (kind === "jsonl" || kind === "ndjson") {
    return jsonArticles(text, name);
  }
  if (kind === "csv") {
    return tableArticles(text, name);
  }
  const date = dayIn(name);
  return [{ id: name, text, ...(date && { date }) }];
}

async function textOf(file: File): Promise<string> {
  const content = await file.arrayBuffer().catch(() => {
    throw new Unreadable("notRead", file.name); // a folder, or a file that is gone
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new Unreadable("notUtf8", file.name);
  }
}

/** The day in a name, if the calendar has it: `Date` would take 30 February for a day of March. */
function dayIn(name: string): string | undefined {
  const day = DATED.exec(name)?.[0];
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(+date) && date.toISOString().startsWith(day!) ? day : undefined;
}

function jsonArticles(text: string, name: string): Found[] {
  if (isObject(text)) {
    return [article(JSON.parse(text), name)];
  }
  const lines = text.split("\n").map((line, place) => ({ line, place: `${name}:${place + 1}` }));
  return lines
    .filter(({ line }) => line.trim())
    .map(({ line, place }) => (isObject(line) ? article(JSON.parse(line), place) : new Unreadable("notJson", place)));
}

function isObject(text: string): boolean {
  try {
    return text.trimStart().startsWith("{") && !!JSON.parse(text);
  } catch {
    return false;
  }
}

function tableArticles(text: string, name: string): Found[] {
  const [names = [], ...rows] = csvParseRows(text);
  const numbered = rows.map((row, number) => ({ row, place: `${name}:${number + 2}` })).filter(({ row }) => row.some((cell) => cell.trim()));
  if (!numbered.length) {
    return [new Unreadable("noRows", name)];
  }
  if (!names.includes("text")) {
    return [new Unreadable("noText", name)];
  }
  return numbered.map(({ row, place }) =>
    row.length > names.length
      ? new Unreadable("tooLong", place)
      : article(Object.fromEntries(row.map((cell, column) => [names[column], cell])), place),
  );
}

function article(row: Row, place: string): Found {
  if (typeof row.text !== "string") {
    return new Unreadable("noText", place);
  }
  const kept = FIELDS.filter((field) => row[field] != null && row[field] !== "");
  return { id: place, text: row.text, ...Object.fromEntries(kept.map((field) => [field, String(row[field])])) };
}
