import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { keepFocus } from "./focus";
import { entries, go, isKeyAsked, judgedCount, progress, refusedCount, stop } from "./state";
import { Refusal } from "./service";
import { advice, counted, listed, number, portion, words } from "./words";

/** How far the articles are, and what to do where they are held up. */
export function Progress() {
  const w = words.value;
  const shown = useRef<HTMLDivElement>(null);
  useEffect(() => effect(() => void (progress.value && keepFocus(shown.current))), []); // before it is drawn
  const { state, seconds = 0, reason } = progress.value;
  const [judged, refused, all] = [judgedCount.value, refusedCount.value, entries.value.length];
  const done = judged + refused;
  const withRefused = (told: string) => listed(refused ? [told, `${w.refused}: ${number(refused)}`] : [told]);
  if (state === "idle") {
    return <div role="status" class="progress" />;
  }
  const isRunning = state === "going" || state === "waiting";
  return (
    <div ref={shown} class="progress" data-state={state} tabIndex={-1} role="group" aria-label={w.articles}>
      {isRunning && <progress max={all} value={done} aria-label={w.going} />}
      <div class="row">
        {state === "going" && <p>{withRefused(portion(done, all))}</p>}
        <p role="status">
          {state === "done" && (refused ? `${w.ended}: ${withRefused(portion(judged, all))}.` : `${w.done}: ${counted(judged, "article")}.`)}
          {state === "going" && <span class="unseen">{w.going}</span>}
          {state === "waiting" && `${reason instanceof Refusal ? w.busy : w.lost}. ${w.tryingIn} ${counted(seconds, "second")}.`}
          {state === "stopped" && `${w.stopped} ${withRefused(portion(done, all))}`}
          {state === "failed" && <Fault reason={reason} />}
        </p>
        {isRunning && <button onClick={stop}>{w.stop}</button>}
        {state === "stopped" && done < all && <button onClick={() => go()}>{w.resume}</button>}
        {state === "failed" && reason instanceof Refusal && reason.status === 401 && (
          <button onClick={() => (isKeyAsked.value = true)}>{w.key}</button>
        )}
        {state === "failed" && <button onClick={() => go()}>{w.again}</button>}
        {!isRunning && refused > 0 && (
          <button onClick={() => go(true)}>{`${w.again} (${number(refused)})`}</button>
        )}
      </div>
    </div>
  );
}

/** What to do about a refusal, and the service's own words for it. */
export function Fault({ reason }: { reason: unknown }) {
  const { status, message } = reason instanceof Refusal ? reason : {};
  return (
    <span class="fault">
      {advice(status, message)} {message && <bdi class="told" lang="en" dir="ltr">{message}</bdi>}
    </span>
  );
}
