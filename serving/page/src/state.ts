/** What the page holds: the articles, what the reader looks at, and what he corrected. */

import { batch, computed, signal } from "@preact/signals";

import { type Analysis, type Article, type Judgement, prediction, type Sentence, SENTIMENT } from "./contract";
import { judge } from "./run";
import { corrected, key, Refusal, targets as judgedTargets } from "./service";

/** An article and how far it is; `place` is its number on the page. */
export interface Entry extends Article {
  place: number;
  analysis?: Analysis;
  error?: string;
  status?: number;
}

/** Where a judgement stands; sentence -1 is the title. */
export interface Spot {
  entry: Entry;
  sentence: number;
  judgement: number;
}

export type View = "read" | "actors" | "matrix" | "time" | "compare";
type Progress = "idle" | "going" | "waiting" | "stopped" | "failed" | "done";

export const TITLE = -1;
const FLUSH = 100; // milliseconds between redraws while articles come

export const entries = signal<Entry[]>([]);
export const targets = signal<string[]>(["ceasefire", "offensive"]);
export const target = signal("ceasefire");
export const actor = signal("");
export const view = signal<View>("read");
export const opened = signal(0);
export const selected = signal<(Spot & { mention: number }) | undefined>(); // where the reader is
export const isOpen = signal(false); // whether the panel of that mention is
export const behind = signal<{ told: string; spots: Spot[] } | undefined>();
const corrections = signal<ReadonlyMap<Judgement, Record<string, string>>>(new Map()); // none lands on another article
export const isKeyAsked = signal(false);
export const isKeyWrong = signal(false); // whether the service refused the reader's
export const progress = signal<{ state: Progress; seconds?: number; reason?: unknown }>({ state: "idle" });

export const heads = computed(() => [...targets.value, SENTIMENT]);
export const entry = computed(() => entries.value[opened.value]);
export const judgedCount = computed(() => entries.value.filter((each) => each.analysis).length);
export const refusedCount = computed(() => entries.value.filter((each) => each.error !== undefined).length);
export const spots = computed(() => entries.value.flatMap(spotsOf));

/** Every judgement of an article, in reading order. */
export function spotsOf(of: Entry): Spot[] {
  if (!of.analysis) {
    return [];
  }
  const places = of.analysis.sentences.map((_, place) => place);
  return (of.analysis.title ? [TITLE, ...places] : places).flatMap((sentence) =>
    sentenceAt(of, sentence).judgements.map((_, judgement) => ({ entry: of, sentence, judgement })),
  );
}

export function sentenceAt(of: Entry, place: number): Sentence {
  return place === TITLE ? of.analysis!.title! : of.analysis!.sentences[place]!;
}

export function judgementAt(spot: Spot): Judgement {
  return sentenceAt(spot.entry, spot.sentence).judgements[spot.judgement]!;
}

/** The reader's label of a head, where he gave one. */
export function correctionAt(spot: Spot, head: string): string | undefined {
  return corrections.value.get(judgementAt(spot))?.[head];
}

/** A head's label: the reader's where he gave one, else the model's. */
export function labelAt(spot: Spot, head: string): string | undefined {
  return correctionAt(spot, head) ?? prediction(judgementAt(spot), head)?.label;
}

/** Whether the model is unsure of a head that the reader has not settled. */
export function isUncertain(spot: Spot, head: string): boolean {
  return !correctionAt(spot, head) && !!prediction(judgementAt(spot), head)?.uncertain;
}

let correcting: Promise<void> = Promise.resolve();

/** Stores what a label should be, once the corrections before it are answered: each sends those before it. */
export function correct(spot: Spot, head: string, label: string): Promise<void> {
  const stored = correcting.then(() => store(spot, head, label));
  correcting = stored.catch(() => {}); // whoever asked for it is told
  return stored;
}

/** Sends all that was corrected of a judgement: the service holds to the last that it is sent. */
async function store(spot: Spot, head: string, label: string): Promise<void> {
  const judgement = judgementAt(spot);
  const { actor: of, mentions } = judgement;
  const { text, start: origin } = sentenceAt(spot.entry, spot.sentence);
  const labels = { ...corrections.value.get(judgement), [head]: label };
  const marked = mentions.map(({ start, end }) => ({ start: start - origin, end: end - origin }));
  await asking(() => corrected({ text, actor: of, mentions: marked }, labels));
  corrections.value = new Map(corrections.value).set(judgement, labels);
}

let stopping = new AbortController();
const arrived = new Map<number, Partial<Entry>>(); // answers that the page does not show yet, by place

/** Shows what has arrived. */
function flush(): void {
  if (arrived.size) {
    entries.value = entries.value.map((each) => (arrived.has(each.place) ? { ...each, ...arrived.get(each.place) } : each));
    arrived.clear();
    chooseActor();
  }
}

/** Adds articles to those on the page, and has them judged. */
export async function add(articles: Article[]): Promise<void> {
  const first = entries.value.length;
  entries.value = [...entries.value, ...articles.map((article, n) => ({ ...article, place: first + n }))];
  if (!first) {
    open(0);
  }
  await go();
}

/** Has every article judged that is not; the refused ones again, where `isAgain`. */
export async function go(isAgain = false): Promise<void> {
  if (isAgain) {
    entries.value = entries.value.map((each) =>
      each.error === undefined ? each : { ...each, error: undefined, status: undefined },
    );
  }
  flush();
  stopping.abort();
  const stop = (stopping = new AbortController()).signal;
  const flushing = setInterval(flush, FLUSH);
  progress.value = { state: "going" };
  try {
    await judge({
      articles: entries.value.filter((each) => !isAnswered(each)),
      answered: ({ place }, answer) => stop.aborted || arrived.set(place, answer),
      waiting: (seconds, reason) => (progress.value = { state: "waiting", seconds, reason }),
      going: () => progress.value.state !== "going" && (progress.value = { state: "going" }),
      stop,
    });
    flush();
    progress.value = { state: "done" };
  } catch (reason) {
    flush();
    if (!stop.aborted) {
      progress.value = { state: "failed", reason };
      askKey(reason);
    }
  } finally {
    clearInterval(flushing);
  }
}

/** Stops judging; what was answered stays. */
export function stop(): void {
  flush();
  stopping.abort();
  progress.value = { state: "stopped" };
}

/** Takes every article off the page. */
export function clear(): void {
  stopping.abort();
  arrived.clear();
  batch(() => {
    entries.value = [];
    open(0);
    behind.value = undefined;
    actor.value = "";
    view.value = "read";
    progress.value = { state: "idle" };
  });
}

/** Opens the panel of a mention. */
export function choose(mention: Spot & { mention: number }): void {
  batch(() => {
    selected.value = mention;
    isOpen.value = true;
    actor.value = judgementAt(mention).actor;
  });
}

/** Opens an article, at no mention yet. */
export function open(place: number): void {
  batch(() => {
    opened.value = place;
    selected.value = undefined;
    isOpen.value = false;
  });
}

/** Opens an article at a judgement. */
export function goTo(spot: Spot): void {
  batch(() => {
    behind.value = undefined;
    view.value = "read";
    open(spot.entry.place);
    choose({ ...spot, mention: 0 });
  });
}

/** Learns what the service judges, and whether it wants a key. */
export async function greet(): Promise<void> {
  const told = await asking(judgedTargets).catch(() => undefined);
  if (told) {
    targets.value = told.map((each) => each.target);
    target.value = targets.value[0] ?? "";
  }
}

/** A call to the service; where it wants a key, the reader is asked for one. */
async function asking<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    askKey(error);
    throw error;
  }
}

function askKey(reason: unknown): void {
  if (reason instanceof Refusal && reason.status === 401) {
    isKeyAsked.value = true;
    isKeyWrong.value = key.value !== "";
  }
}

/** Goes on with a key that the reader gave. */
export async function unlocked(): Promise<void> {
  isKeyAsked.value = false;
  isKeyWrong.value = false;
  await greet();
  if (key.value && !isKeyAsked.value && progress.value.state === "failed") {
    await go();
  }
}

function isAnswered(each: Entry): boolean {
  return !!each.analysis || each.error !== undefined;
}

function chooseActor(): void {
  const named = entries.value.flatMap((each) => each.analysis?.actors ?? []) as { actor: string }[];
  actor.value ||= named[0]?.actor ?? "";
}
