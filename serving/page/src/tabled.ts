/** The judgements as a table that spreadsheets open. */

import { csvFormatRows } from "d3-dsv";

import { prediction } from "./contract";
import { correctionAt, heads, judgementAt, sentenceAt, type Spot, spots, TITLE } from "./state";

// What a spreadsheet would take for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;
const BYTE_ORDER_MARK = "\ufeff"; // by which Excel knows UTF-8

/** A row a judgement; `_corrected` is the reader's label. */
export function tabled(): string {
  const columns = heads.value.flatMap((head) =>
    ["", "_confidence", "_uncertain", "_corrected"].map((part) => head + part),
  );
  const names = ["article", "date", "sentence", "start", "end", "text", "actor", "name", "mentions", ...columns];
  return BYTE_ORDER_MARK + csvFormatRows([names, ...spots.value.map(row)]);
}

function row(spot: Spot): string[] {
  const { text, start, end } = sentenceAt(spot.entry, spot.sentence);
  const judgement = judgementAt(spot);
  const place = spot.sentence === TITLE ? "title" : String(spot.sentence + 1);
  const mentions = judgement.mentions.map((each) => each.text).join(" | ");
  return [
    guarded(spot.entry.analysis!.id),
    guarded(spot.entry.date ?? ""),
    place,
    String(start),
    String(end),
    ...[text, judgement.actor, judgement.name, mentions].map(guarded),
    ...heads.value.flatMap((head) => cells(spot, head)),
  ];
}

function cells(spot: Spot, head: string): string[] {
  const found = prediction(judgementAt(spot), head);
  const mended = correctionAt(spot, head) ?? "";
  return found ? [found.label, String(found.confidence), String(found.uncertain), mended] : ["", "", "", ""];
}

/** A cell that no spreadsheet calculates. */
function guarded(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}
