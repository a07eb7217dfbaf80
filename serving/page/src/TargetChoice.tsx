import { target, targets } from "./state";
import { named, words } from "./words";

/** Which target's stances are shown. */
export function TargetChoice() {
  return (
    <fieldset class="choice">
      <legend>{words.value.target}</legend>
      {targets.value.map((each) => (
        <button key={each} aria-pressed={target.value === each} onClick={() => (target.value = each)}>
          {named(each)}
        </button>
      ))}
    </fieldset>
  );
}
