import { answeredCount, entries, go, isKeyAsked, progress, stop } from "./state";
import { Refusal } from "./service";
import { advice, counted, number, words } from "./words";

/** How far the articles are, and what to do where they are held up. */
export function Progress() {
  const w = words.value;
  const { state, seconds = 0, reason } = progress.value;
  const [done, all] = [answeredCount.value, entries.value.length];
  const failed = entries.value.filter((each) => each.error !== undefined);
  if (state === "idle") {
    return <div role="status" class="progress" />;
  }
  const isRunning = state === "going" || state === "waiting";
  return (
    <div class="progress" data-state={state}>
      {isRunning && <progress max={all} value={done} aria-label={w.articles} />}
      <div class="row">
        {state === "going" && <p>{`${number(done)} / ${number(all)}`}</p>}
        <p role="status">
          {state === "done" && `${w.done}: ${counted(all, "article")}.`}
          {state === "going" && <span class="unseen">{w.going}</span>}
          {state === "waiting" && `${reason instanceof Refusal ? w.busy : w.lost}. ${w.tryingIn} ${counted(seconds, "second")}.`}
          {state === "stopped" && `${w.stopped} ${number(done)} / ${number(all)}`}
          {state === "failed" && <Fault reason={reason} />}
        </p>
        {isRunning && <button onClick={stop}>{w.stop}</button>}
        {state === "stopped" && done < all && <button onClick={() => go()}>{w.resume}</button>}
        {state === "failed" && reason instanceof Refusal && reason.status === 401 && (
          <button onClick={() => (isKeyAsked.value = true)}>{w.key}</button>
        )}
        {state === "failed" && <button onClick={() => go()}>{w.again}</button>}
        {!isRunning && failed.length > 0 && (
          <button onClick={() => go(true)}>{`${w.again} (${number(failed.length)})`}</button>
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
      {advice(status)} {message && <bdi class="told" lang="en" dir="ltr">{message}</bdi>}
    </span>
  );
}
