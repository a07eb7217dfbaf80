/** Calls to the service, always to the page's own origin; the key stays in this tab. */

import { signal } from "@preact/signals";

import type { Article, Influence } from "./contract";
import { keep, recalled } from "./storage";

const KEPT = "hudna-key";
const PATIENCE = 60_000; // milliseconds for a correction, twice what the service has for one
const DEADLINE = "120"; // seconds, for an article as long as the service reads; it allows at most its own

/** The API key of this tab. */
export const key = signal(recalled("sessionStorage", KEPT) ?? "");

/** Keeps a key until the tab is closed. */
export function keepKey(given: string): void {
  key.value = given;
  keep("sessionStorage", KEPT, given);
}

/** A call that the service refused: its status, its sentence, and when to come again. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    told: string,
    readonly seconds = 0,
  ) {
    super(told);
  }
}

/** What the service judges: its targets, each with its labels. */
export async function targets(): Promise<{ target: string; labels: string[] }[]> {
  return (await called("v1/targets", {})).json();
}

/** The answer to a body of JSON Lines, while it comes. */
export async function* streamed(articles: Article[], stop: AbortSignal): AsyncGenerator<string> {
  const body = articles.map((article) => JSON.stringify(article)).join("\n");
  const headers = { "content-type": "application/x-ndjson", "x-deadline": DEADLINE };
  const answer = await called("v1/stream", { method: "POST", body, headers, signal: stop });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (held + part.value).split("\n");
      held = lines.pop()!;
      yield* lines;
    }
  } finally {
    void reader.cancel().catch(() => {}); // where no more is wanted, the service need not go on
  }
}

interface Marked {
  text: string;
  actor: string;
  mentions: { start: number; end: number }[];
}

/** By head, the words that moved the judgement of one actor in one sentence. */
export async function explained(
  { text, actor, mentions }: Marked,
  stop: AbortSignal,
): Promise<Record<string, Influence[]>> {
  const sentences = [{ text, actors: [{ actor, mentions }] }];
  const answer = await posted("v1/classify", { sentences, explain: true }, stop);
  return (await answer.json())[0].judgements[0].explanation;
}

/** Sends what an actor's labels in a sentence should be. */
export async function corrected(marked: Marked, labels: Record<string, string>): Promise<void> {
  await posted("v1/feedback", { ...marked, labels }, AbortSignal.timeout(PATIENCE));
}

function posted(path: string, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return called(path, { method: "POST", body: JSON.stringify(body), headers, signal });
}

async function called(path: string, asked: RequestInit): Promise<Response> {
  const headers = new Headers(asked.headers);
  if (key.value) {
    headers.set("authorization", `Bearer ${key.value}`);
  }
  const answer = await fetch(new URL(path, document.baseURI), { ...asked, headers });
  if (!answer.ok) {
    const { error = answer.statusText } = await answer.json().catch(() => ({}));
    throw new Refusal(answer.status, error, secondsOf(answer.headers.get("retry-after") ?? ""));
  }
  return answer;
}

/** What a Retry-After asks for: seconds, or a date, as a proxy may say it (RFC 9110, 10.2.3). */
function secondsOf(asked: string): number {
  const seconds = Number(asked) || (Date.parse(asked) - Date.now()) / 1000;
  return Math.max(0, Math.ceil(seconds || 0));
}
