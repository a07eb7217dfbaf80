import { storeAgain, unstored } from "./correcting";
import { Fault } from "./Progress";
import { judgementAt } from "./state";
import { named, words } from "./words";

/** Which corrections were not stored, wherever the reader has gone meanwhile. */
export function Unstored() {
  const w = words.value;
  const left = unstored.value;
  if (!left.length) {
    return null;
  }
  return (
    <div class="unstored" role="alert">
      <p>{w.unstored}</p>
      <ul>
        {left.map(({ spot, head, label }) => (
          <li key={`${spot.entry.place}.${spot.sentence}.${spot.judgement}.${head}`}>
            <bdi>{judgementAt(spot).name}</bdi> — {named(head)}: {named(label)}
          </li>
        ))}
      </ul>
      <p><Fault reason={left.at(-1)!.fault} /></p>
      <div class="row">
        <button onClick={storeAgain}>{w.again}</button>
        <button class="quiet" onClick={() => (unstored.value = [])}>{w.letBe}</button>
      </div>
    </div>
  );
}
