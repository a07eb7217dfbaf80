import type { ComponentChildren, SVGAttributes, TargetedKeyboardEvent, VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { savePng, saveSvg } from "./pictures";
import { behind, type Spot } from "./state";
import { language, number, portion, words } from "./words";

/** What a picture is drawn with. */
export interface Canvas {
  width: number; // pixels
  isRtl: boolean;
}

export type Draw = (canvas: Canvas) => VNode | null;

interface Given {
  name: string; // of the file that it is saved as
  missing: string; // what is told where there is nothing to draw
  draw: Draw;
  children?: ComponentChildren;
}

/** A picture as wide as there is room for, which can be saved as PNG and as SVG. */
export function Picture({ name, missing, draw, children }: Given) {
  const w = words.value;
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watching = new ResizeObserver(([seen]) => seen && setWidth(Math.floor(seen.contentRect.width)));
    watching.observe(frame.current!);
    return () => watching.disconnect();
  }, []);
  const drawn = width > 0 ? draw({ width, isRtl: language.value === "ar" }) : null;
  return (
    <figure class="picture">
      <div class="row choices">
        {children}
        <div class="row saves">
          <button class="quiet" disabled={!drawn} onClick={() => saveSvg(name, draw)}>{w.picture} SVG</button>
          <button class="quiet" disabled={!drawn} onClick={() => void savePng(name, draw)}>{w.picture} PNG</button>
        </div>
      </div>
      <div ref={frame} class="frame">{drawn ?? (width > 0 && <p class="hint">{missing}</p>)}</div>
    </figure>
  );
}

interface Pressed {
  told: string; // what it counts
  spots: Spot[];
  children: ComponentChildren;
}

/** A part of a picture that opens the sentences that it counts. */
export function Counted({ told, spots, children }: Pressed) {
  const open = () => (behind.value = { told, spots });
  const pressed = (event: TargetedKeyboardEvent<SVGGElement>) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open();
    }
  };
  return (
    <g class="counted" role="button" tabindex={0} aria-label={`${told}: ${number(spots.length)}`} onClick={open} onKeyDown={pressed}>
      {children}
    </g>
  );
}

/** How many actors a picture shows, where there are more. */
export function Shown({ isRtl, of, all, x, y }: { isRtl: boolean; of: number; all: number; x: number; y: number }) {
  return of < all ? (
    <Label isRtl={isRtl} x={x} y={y} size={12} fill="var(--soft)">{`${words.value.actors}: ${portion(of, all)}`}</Label>
  ) : null;
}

/** Text in a picture, isolated, from the side at which lines of the language begin. */
export function Label(given: SVGAttributes<SVGTextElement> & { isRtl: boolean; size?: number }) {
  const { isRtl, size = 14, ...rest } = given;
  return (
    <text
      fill="var(--ink)"
      font-size={size}
      font-family="Plex Arabic, IBM Plex Sans Arabic, Noto Sans Arabic, Segoe UI, Tahoma, sans-serif"
      direction={isRtl ? "rtl" : "ltr"}
      dominant-baseline="central"
      unicode-bidi="isolate"
      {...rest}
    />
  );
}
