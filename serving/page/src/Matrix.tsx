import { type Canvas, Counted, Label, Shown } from "./Picture";
import { colourOf, inkOf, labelsOf, signOf } from "./signs";
import { heads } from "./state";
import { actors, labelled, type Named } from "./tally";
import { clipped, listed, named, number, words } from "./words";

const MOST = 40; // actors drawn
const ROW = 44; // pixels
const NARROW = 720; // under it an actor's heads stand under each other
const GAP = 18;

/** Actors by targets: how many sentences show each label. */
export function Matrix({ width, isRtl }: Canvas) {
  const shown = actors.value.slice(0, MOST);
  if (!shown.length) {
    return null;
  }
  const isNarrow = width < NARROW;
  const columns = heads.value.length;
  const lead = isNarrow ? 128 : Math.min(240, width * 0.24);
  const cell = isNarrow ? width - lead : (width - lead) / columns - GAP;
  const top = isNarrow ? 8 : 40;
  const rise = isNarrow ? (columns + 1) * ROW - 6 : ROW;
  const height = top + rise * shown.length + 28;
  const across = (from: number, size = 0) => (isRtl ? width - from - size : from);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={words.value.matrix}>
      {!isNarrow &&
        heads.value.map((head, column) => (
          <Label key={head} isRtl={isRtl} x={across(lead + column * (cell + GAP) + GAP)} y={20} font-weight={600}>{named(head)}</Label>
        ))}
      <Shown isRtl={isRtl} of={shown.length} all={actors.value.length} x={across(4)} y={height - 10} />
      {shown.map((each, row) => {
        const y = top + row * rise;
        return (
          <g key={each.actor}>
            <line x1={0} x2={width} y1={y} y2={y} stroke="var(--line)" />
            <Label isRtl={isRtl} x={across(4)} y={y + ROW / 2} font-weight={600}>{clipped(each.name, isNarrow ? 40 : lead / 9)}</Label>
            {heads.value.map((head, column) => (
              <g key={head}>
                {isNarrow && (
                  <Label isRtl={isRtl} x={across(12)} y={y + ROW * (column + 1.5) - 8} size={12} fill="var(--soft)">
                    {named(head)}
                  </Label>
                )}
                <Cell
                  named={each}
                  head={head}
                  isRtl={isRtl}
                  x={across(isNarrow ? lead : lead + column * (cell + GAP) + GAP, cell)}
                  y={isNarrow ? y + ROW * (column + 1) - 8 : y}
                  width={cell}
                />
              </g>
            ))}
          </g>
        );
      })}
    </svg>
  );
}

interface CellGiven {
  named: Named;
  head: string;
  isRtl: boolean;
  x: number;
  y: number;
  width: number;
}

/** A bar of the labels' shares, and under it how many sentences have each. */
function Cell({ named: { name, spots }, head, isRtl, x, y, width }: CellGiven) {
  const labels = labelsOf(head);
  const step = width / labels.length;
  let read = 0;
  return (
    <g>
      {labels.map((label, place) => {
        const found = labelled(spots, head, label);
        const size = (width * found.length) / spots.length;
        const bar = isRtl ? x + width - read - size : x + read;
        read += size;
        const left = isRtl ? x + width - (place + 1) * step : x + place * step;
        const text = `${signOf(label)} ${number(found.length)}`;
        return (
          <g key={label}>
            <rect x={bar} y={y + 8} width={size} height={7} fill={colourOf(label)} />
            {found.length ? (
              <Counted told={listed([name, named(head), named(label)])} spots={found}>
                <rect x={left} y={y + 16} width={step} height={26} rx={4} fill="transparent" />
                <Label isRtl={isRtl} x={left + step / 2} y={y + 29} text-anchor="middle" fill={inkOf(label)} font-weight={600}>{text}</Label>
              </Counted>
            ) : (
              <Label isRtl={isRtl} x={left + step / 2} y={y + 29} text-anchor="middle" fill="var(--soft)" size={12}>0</Label>
            )}
          </g>
        );
      })}
    </g>
  );
}
