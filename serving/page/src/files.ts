/** Articles from what is pasted or dropped, in the forms that the `hudna` command reads. */

import { csvParseRows } from "d3-dsv";

import type { Article } from "./contract";

const FIELDS = ["id", "title", "text", "date"] as const;
const DATED = /\d{4}-\d{2}-\d{2}/;

/** What a file is not, for the page to tell in its language. */
export class Unreadable extends Error {
  constructor(
    readonly reason: "notUtf8" | "noText" | "notJson" | "noRows",
    readonly place: string,
  ) {
    super(reason);
  }
}

/** The articles of a file; a text's date is that in its name. */
export async function articlesOf(file: File): Promise<Article[]> {
  const text = decoded(await file.arrayBuffer(), file.name);
  const kind = file.name.toLowerCase().split(".").at(-1);
  if (kind === "jsonl" || kind === "ndjson") {
    return jsonArticles(text, file.name);
  }
  if (kind === "csv") {
    return tableArticles(text, file.name);
  }
  const date = DATED.exec(file.name)?.[0];
  return [{ id: file.name, text, ...(date && { date }) }];
}

/** The articles of a pasted text: JSON Lines if every line is an object, else one text. */
export function pastedArticles(text: string, id: string, date: string): Article[] {
  if (text.trimStart().startsWith("{")) {
    return jsonArticles(text, id);
  }
  return [{ id, text, ...(date && { date }) }];
}

function decoded(bytes: ArrayBuffer, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable("notUtf8", name);
  }
}

function jsonArticles(text: string, name: string): Article[] {
  const lines = text.split("\n").map((line, place) => ({ line, place: `${name}:${place + 1}` }));
  return lines.filter(({ line }) => line.trim()).map(({ line, place }) => article(parsed(line, place), place));
}

function parsed(line: string, place: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    throw new Unreadable("notJson", place);
  }
}

function tableArticles(text: string, name: string): Article[] {
  const [names = [], ...rows] = csvParseRows(text);
  if (!rows.length) {
    throw new Unreadable("noRows", name);
  }
  return rows.map((row, number) =>
    article(Object.fromEntries(row.map((cell, place) => [names[place], cell])), `${name}:${number + 2}`),
  );
}

function article(row: Record<string, unknown>, place: string): Article {
  if (typeof row.text !== "string") {
    throw new Unreadable("noText", place);
  }
  const kept = FIELDS.filter((field) => row[field] != null && row[field] !== "");
  return { id: place, text: row.text, ...Object.fromEntries(kept.map((field) => [field, String(row[field])])) };
}
