/** Articles through the stream: each answered as it comes, those unanswered asked for again. */

import type { Analysis, Article } from "./contract";
import { Refusal, streamed } from "./service";

const AT_ONCE = 64; // articles a call
// Browsers read no answer before a body is sent whole; what is in flight has to fit into buffers.
const MOST_UNITS = 500_000;
const PATIENCE = [1, 2, 4, 8, 15, 30, 30, 30]; // seconds between attempts that bring nothing
const PASSING = new Set([429, 502, 503, 504]);

export interface Answer {
  analysis?: Analysis;
  error?: string;
  status?: number;
}

export interface Run<Kept extends Article> {
  articles: Kept[];
  answered(article: Kept, answer: Answer): void;
  waiting(seconds: number, reason: unknown): void; // a connection was lost, or the service is busy
  going(): void;
  stop: AbortSignal;
}

/** Ends when every article has its answer; throws what does not pass by itself. */
export async function judge<Kept extends Article>(run: Run<Kept>): Promise<void> {
  let left = run.articles;
  for (let fruitless = 0; left.length; ) {
    const portion = portionOf(left);
    const reason = await asked(portion, run);
    const done = new Set(portion.filter((each) => each.done).map((each) => each.article));
    left = left.filter((article) => !done.has(article));
    fruitless = done.size ? 0 : fruitless + 1;
    if (left.length && reason !== undefined) {
      const seconds = Math.max(PATIENCE[fruitless] ?? Infinity, reason instanceof Refusal ? reason.seconds : 0);
      if (seconds === Infinity) {
        throw reason;
      }
      run.waiting(seconds, reason);
      await pause(seconds, run.stop);
    }
  }
}

interface Asked<Kept> {
  article: Kept;
  done: boolean;
}

/** Asks for a portion; gives why it was left unfinished, if that may pass. */
async function asked<Kept extends Article>(portion: Asked<Kept>[], run: Run<Kept>): Promise<unknown> {
  const bodies = portion.map(({ article: { id, text, title, date } }) => ({ id, text, title, date }));
  try {
    for await (const line of streamed(bodies, run.stop)) {
      run.going();
      const { line: number, ...answer } = JSON.parse(line) as Answer & { line: number };
      const each = portion[number - 1]!;
      each.done = true;
      run.answered(each.article, answer);
    }
    return portion.every((each) => each.done) ? undefined : new TypeError("The stream ended early.");
  } catch (error) {
    run.stop.throwIfAborted();
    if (error instanceof Refusal && !PASSING.has(error.status)) {
      throw error;
    }
    return error;
  }
}

function portionOf<Kept extends Article>(articles: Kept[]): Asked<Kept>[] {
  let units = 0;
  const last = articles.findIndex((each) => (units += each.text.length) > MOST_UNITS);
  const fitting = last < 0 ? AT_ONCE : Math.max(1, Math.min(last, AT_ONCE));
  return articles.slice(0, fitting).map((article) => ({ article, done: false }));
}

/** Waits, at most until the browser is connected again. */
function pause(seconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = setTimeout(resolve, seconds * 1000);
    const sooner = () => (clearTimeout(over), resolve());
    addEventListener("online", sooner, { once: true, signal: stop });
    stop.addEventListener("abort", () => (clearTimeout(over), reject(stop.reason)), { once: true });
  });
}
