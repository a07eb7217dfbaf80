import { useEffect, useRef } from "preact/hooks";

import { key, keepKey } from "./service";
import { isKeyAsked, isKeyWrong, unlocked } from "./state";
import { words } from "./words";

const SENDABLE = /^[\x21-\x7e]*$/; // in a header; an Arabic letter slipped in is not

/** Asks for the key of a service that wants one. */
export function KeyDialog() {
  const w = words.value;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isKeyAsked.value) {
      dialog.current!.showModal();
    } else {
      dialog.current!.close();
    }
  }, [isKeyAsked.value]);
  const given = (event: SubmitEvent) => {
    event.preventDefault();
    const pasted = String(new FormData(event.currentTarget as HTMLFormElement).get("key")).trim();
    isKeyWrong.value = !SENDABLE.test(pasted);
    if (!isKeyWrong.value) {
      keepKey(pasted);
      void unlocked();
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="key-title" onCancel={() => (isKeyAsked.value = false)}>
      <form onSubmit={given}>
        <h2 id="key-title">{w.key}</h2>
        {isKeyWrong.value && <p class="fault" role="alert">{w.keyWrong}</p>}
        <p id="key-told">{w.keyTold}</p>
        <input name="key" type="password" dir="ltr" autocomplete="off" aria-label={w.key} aria-describedby="key-told" defaultValue={key.value} />
        <div class="row">
          <button class="main">{w.use}</button>
          <button type="button" class="quiet" onClick={() => (isKeyAsked.value = false)}>{w.cancel}</button>
        </div>
      </form>
    </dialog>
  );
}
