/** Pictures as files: drawn anew at one size, in the colours of paper, needing nothing but themselves. */

import { render } from "preact";

import arabic from "@fontsource/ibm-plex-sans-arabic/files/ibm-plex-sans-arabic-arabic-400-normal.woff2";
import type { Draw } from "./Picture";
import { save } from "./saving";
import { language } from "./words";

const WIDTH = 960;
const MARGIN = 24;
const DENSITY = 2; // pixels of the PNG to one of the picture
const NAMED = /var\((--[\w-]+)\)/;
const FOR_THE_SCREEN = ["role", "tabindex", "aria-label", "aria-hidden", "class"];

/** The picture as an element of its own, or none where there is nothing to draw. */
export function pictured(draw: Draw, into: Document = document): SVGSVGElement | undefined {
  const stage = document.createElement("div");
  stage.className = "stage";
  document.body.append(stage);
  try {
    render(draw({ width: WIDTH, isRtl: language.value === "ar" }), stage);
    const svg = stage.querySelector("svg");
    return svg ? (into.importNode(onPaper(svg, stage), true) as SVGSVGElement) : undefined;
  } finally {
    render(null, stage);
    stage.remove();
  }
}

/** A copy with its colours written out and a margin, without what only a screen needs. */
function onPaper(svg: SVGSVGElement, stage: HTMLElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  for (const each of [copy, ...copy.querySelectorAll("*")]) {
    FOR_THE_SCREEN.forEach((name) => each.removeAttribute(name));
    for (const { name, value } of each.attributes) {
      if (NAMED.test(value)) {
        each.setAttribute(name, resolved(value, stage));
      }
    }
  }
  const [width, height] = ["width", "height"].map((side) => Number(svg.getAttribute(side)) + 2 * MARGIN) as [number, number];
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.setAttribute("viewBox", `${-MARGIN} ${-MARGIN} ${width} ${height}`);
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  Object.entries({ x: -MARGIN, y: -MARGIN, width, height, fill: "#ffffff" }).forEach(([name, value]) =>
    sheet.setAttribute(name, String(value)),
  );
  copy.prepend(sheet);
  return copy;
}

/** The colour that a variable stands for on the stage, which is always light. */
function resolved(value: string, stage: HTMLElement): string {
  stage.style.color = value;
  return getComputedStyle(stage).color;
}

export function saveSvg(name: string, draw: Draw): void {
  save(`hudna-${name}.svg`, "image/svg+xml", written(pictured(draw)!));
}

export async function savePng(name: string, draw: Draw): Promise<void> {
  const svg = pictured(draw)!;
  const face = document.createElementNS("http://www.w3.org/2000/svg", "style");
  face.textContent = `@font-face{font-family:"Plex Arabic";src:url(${await inlined(arabic)})}`;
  svg.prepend(face); // an image is drawn with no font but its own and the system's
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(written(svg))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = DENSITY * Number(svg.getAttribute("width"));
  canvas.height = DENSITY * Number(svg.getAttribute("height"));
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => save(`hudna-${name}.png`, "image/png", blob!));
}

function written(svg: SVGSVGElement): string {
  return new XMLSerializer().serializeToString(svg);
}

async function inlined(address: string): Promise<string> {
  const font = await (await fetch(new URL(address, document.baseURI))).blob();
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsDataURL(font);
  });
}
