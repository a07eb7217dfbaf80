import { signal } from "@preact/signals";

import { type Canvas, Counted, Label, Picture } from "./Picture";
import { colourOf, inkOf, labelsOf, signOf } from "./signs";
import { actor, heads } from "./state";
import { actors, labelled, type Named } from "./tally";
import { listed, named, number, percent, words } from "./words";

const ROW = 34;
const HEAD = 44;
const NARROW = 220; // pixels to a side, under which shares are left to the bars

const other = signal("");

/** Two actors side by side. */
export function Comparison() {
  const w = words.value;
  const [one, two] = pair();
  return (
    <Picture name="comparison" missing={w.noPair} draw={one && two ? Butterfly : () => null}>
      <Choice told={w.actor} value={one?.actor} choose={(chosen) => (actor.value = chosen)} />
      <Choice told={w.with} value={two?.actor} choose={(chosen) => (other.value = chosen)} />
    </Picture>
  );
}

function pair(): [Named | undefined, Named | undefined] {
  const one = actors.value.find((each) => each.actor === actor.value) ?? actors.value[0];
  const rest = actors.value.filter((each) => each !== one);
  return [one, rest.find((each) => each.actor === other.value) ?? rest[0]];
}

function Choice({ told, value, choose }: { told: string; value?: string; choose: (actor: string) => void }) {
  return (
    <label class="select">
      {told}
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {actors.value.map((each) => <option key={each.actor} value={each.actor}>{each.name}</option>)}
      </select>
    </label>
  );
}

/** By head and label, the share of one actor's sentences to one side and of the other's to the other. */
function Butterfly({ width, isRtl }: Canvas) {
  const [one, two] = pair() as [Named, Named];
  const middle = 96;
  const wing = (width - middle) / 2;
  const rows = heads.value.reduce((sum, head) => sum + labelsOf(head).length, 0);
  const height = HEAD + heads.value.length * HEAD + rows * ROW;
  const sides = [{ of: one, isFirst: true }, { of: two, isFirst: false }];
  let y = HEAD;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={words.value.compare}>
      {sides.map(({ of, isFirst }) => (
        <Label key={of.actor} isRtl={isRtl} x={isFirst !== isRtl ? wing / 2 : width - wing / 2} y={20} text-anchor="middle" size={width < 560 ? 13 : 17} font-weight={600}>
          {of.name}
        </Label>
      ))}
      {heads.value.map((head) => {
        const top = y;
        y += HEAD + labelsOf(head).length * ROW;
        return (
          <g key={head}>
            <line x1={0} x2={width} y1={top + 6} y2={top + 6} stroke="var(--line)" />
            <Label isRtl={isRtl} x={width / 2} y={top + 26} text-anchor="middle" size={13} fill="var(--soft)">{named(head)}</Label>
            {labelsOf(head).map((label, row) => (
              <g key={label}>
                <Label isRtl={isRtl} x={width / 2} y={top + HEAD + (row + 0.5) * ROW} text-anchor="middle" size={13} fill={inkOf(label)} font-weight={600}>
                  {`${signOf(label)} ${named(label)}`}
                </Label>
                {sides.map(({ of, isFirst }) => (
                  <Wing key={of.actor} of={of} head={head} label={label} y={top + HEAD + row * ROW} wing={wing} width={width} isLeft={isFirst !== isRtl} isRtl={isRtl} />
                ))}
              </g>
            ))}
          </g>
        );
      })}
    </svg>
  );
}

interface WingGiven {
  of: Named;
  head: string;
  label: string;
  y: number;
  wing: number;
  width: number;
  isLeft: boolean;
  isRtl: boolean;
}

function Wing({ of, head, label, y, wing, width, isLeft, isRtl }: WingGiven) {
  const found = labelled(of.spots, head, label);
  if (!found.length) {
    return null;
  }
  const share = found.length / of.spots.length;
  const isNarrow = wing < NARROW;
  const room = isNarrow ? 34 : 84; // for the number
  const size = share * (wing - room);
  const edge = isLeft ? wing - size : width - wing;
  const text = isNarrow ? number(found.length) : `${number(found.length)} (${percent(share)})`;
  return (
    <Counted told={listed([of.name, named(head), named(label)])} spots={found}>
      <rect x={isLeft ? 0 : width - wing} y={y + 2} width={wing} height={ROW - 4} rx={4} fill="transparent" />
      <rect x={edge} y={y + 7} width={size} height={ROW - 14} fill={colourOf(label)} />
      <Label isRtl={isRtl} x={isLeft ? edge - room / 2 : edge + size + room / 2} y={y + ROW / 2} text-anchor="middle" size={13}>{text}</Label>
    </Counted>
  );
}
