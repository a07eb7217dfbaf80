/** The service counts code points, JavaScript UTF-16 units: the two differ after an emoji, say. */

const ASTRAL = /[\ud800-\udfff]/;

/** Where a code point stands in a text, in UTF-16 units. */
export function unitsOf(text: string): (codePoint: number) => number {
  if (!ASTRAL.test(text)) {
    return (codePoint) => codePoint;
  }
  const units = [0];
  let unit = 0;
  for (const sign of text) {
    unit += sign.length;
    units.push(unit);
  }
  return (codePoint) => units[codePoint] ?? text.length;
}
