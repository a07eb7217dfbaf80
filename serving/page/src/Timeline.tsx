import { scaleBand, scaleLinear } from "d3-scale";

import { type Canvas, Counted, Label, Shown } from "./Picture";
import { colourOf, signOf } from "./signs";
import { judgementAt, labelAt, type Spot, target } from "./state";
import { actors, dayOf, labelled, type Named, type Period, periodsOf } from "./tally";
import { clipped, dated, listed, named, number, words } from "./words";

const MOST = 12; // actors drawn
const ROW = 84;
const BAND = 76; // pixels of the narrowest period
const TAKEN = ["favor", "conditional", "against"];

/** Stance toward the chosen target over time, a row an actor: favor above the line, against below. */
export function Timeline({ width, isRtl }: Canvas) {
  const taking = actors.value.filter(({ spots }) =>
    spots.some((spot) => dayOf(spot) && TAKEN.includes(labelAt(spot, target.value) ?? "")),
  );
  const shown = taking.slice(0, MOST);
  const lead = width < 560 ? 0 : 170;
  const most = Math.max(2, Math.floor((width - lead) / BAND));
  const { unit, periods } = periodsOf(shown.flatMap((each) => each.spots), most);
  if (!periods.length) {
    return null;
  }
  const from = isRtl ? [width - lead, 0] : [lead, width];
  const across = scaleBand<number>(periods.map((each) => +each.start), from as [number, number]).padding(0.25);
  const counts = shown.flatMap((each) => periods.map((period) => taken(period, each).length));
  const up = scaleLinear([0, Math.max(...counts)], [0, ROW / 2 - 10]);
  const height = 34 + ROW * shown.length + 50;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={words.value.time}>
      <Label isRtl={isRtl} x={isRtl ? width - 4 : 4} y={14} size={12} fill="var(--soft)">
        {`${named(target.value)} — ${listed(TAKEN.map((each) => `${signOf(each)} ${named(each)}`))}`}
      </Label>
      <Shown isRtl={isRtl} of={shown.length} all={taking.length} x={isRtl ? width - 4 : 4} y={height - 10} />
      {shown.map((each, row) => (
        <Row key={each.actor} of={each} periods={periods} middle={34 + ROW * (row + 0.5)} lead={lead} width={width} isRtl={isRtl} across={across} up={up} unit={unit} />
      ))}
      {periods.map(({ start }) => (
        <Label key={+start} isRtl={isRtl} x={across(+start)! + across.bandwidth() / 2} y={height - 34} size={12} text-anchor="middle" fill="var(--soft)">
          {dated(start, unit)}
        </Label>
      ))}
    </svg>
  );
}

/** An actor's judgements of a period that take a side on the target. */
function taken({ spots }: Period, { actor }: Named): Spot[] {
  return spots.filter((spot) => judgementAt(spot).actor === actor && TAKEN.includes(labelAt(spot, target.value) ?? ""));
}

interface RowGiven {
  of: Named;
  periods: Period[];
  middle: number;
  lead: number;
  width: number;
  isRtl: boolean;
  across: ReturnType<typeof scaleBand<number>>;
  up: ReturnType<typeof scaleLinear<number, number>>;
  unit: Intl.DateTimeFormatOptions;
}

function Row({ of, periods, middle, lead, width, isRtl, across, up, unit }: RowGiven) {
  return (
    <g>
      <line x1={isRtl ? 0 : lead} x2={isRtl ? width - lead : width} y1={middle} y2={middle} stroke="var(--soft)" />
      <Label isRtl={isRtl} x={isRtl ? width - 4 : 4} y={lead ? middle : middle - ROW / 2 + 8} size={lead ? 14 : 12} font-weight={600}>
        {clipped(of.name, lead ? 20 : 40)}
      </Label>
      {periods.map((period) => {
        const spots = taken(period, of);
        if (!spots.length) {
          return null;
        }
        const x = across(+period.start)!;
        return (
          <Counted key={+period.start} told={listed([of.name, named(target.value), dated(period.start, unit)])} spots={spots}>
            <rect x={x} y={middle - ROW / 2 + 4} width={across.bandwidth()} height={ROW - 8} fill="transparent" />
            <Stack spots={spots} x={x} width={Math.min(across.bandwidth(), 46)} middle={middle} up={up} room={across.bandwidth()} />
          </Counted>
        );
      })}
    </g>
  );
}

interface StackGiven extends Pick<RowGiven, "middle" | "up"> {
  spots: Period["spots"];
  x: number;
  width: number;
  room: number;
}

/** Conditional on the line, favor above it and against below, each with its sign. */
function Stack({ spots, x, width, room, middle, up }: StackGiven) {
  const size = (label: string) => up(labelled(spots, target.value, label).length);
  const half = size("conditional") / 2;
  const tops: Record<string, number> = {
    favor: middle - half - size("favor"),
    conditional: middle - half,
    against: middle + half,
  };
  const left = x + (room - width) / 2;
  return (
    <g>
      {TAKEN.filter(size).map((label) => (
        <g key={label}>
          <rect x={left} y={tops[label]} width={width} height={size(label)} fill={colourOf(label)} stroke="var(--paper)" />
          {size(label) >= 12 && (
            <text x={left + width / 2} y={tops[label]! + size(label) / 2} font-size={11} fill={label === "favor" ? "var(--on-favor)" : "#10181b"} text-anchor="middle" font-weight={600} direction="ltr" dominant-baseline="central" aria-hidden="true">
              {`${signOf(label)} ${number(labelled(spots, target.value, label).length)}`}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}
