/** Geometry for exhibits drawn as SVG: pure, so that it can be tested. */

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/;
/** A word or one Chinese character, with the punctuation that must not begin or end a line, and the space after it. */
const PIECES = /[（《「“‘]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)[，。；：、！？）》」”’]*\s*|\s+/g;

/** How wide a drawing is whose width does not follow from what it shows: it fits beside a task on a small screen. */
export const DRAWING_WIDTH = 640;

/** About how wide a text is, in the units of the drawing. */
export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, char) => sum + share(char), 0) * size;
}

/** About how wide a text in strong type is. */
export function strongWidth(text: string, size: number): number {
  return textWidth(text, size * 1.06);
}

function share(char: string): number {
  if (WIDE.test(char)) return 1;
  if (/[ijl.,:;'|! ]/.test(char)) return 0.32;
  return /[mwMW@%—]/.test(char) ? 0.88 : /[A-Z]/.test(char) ? 0.64 : 0.56;
}

/** Breaks a text into lines no wider than `width`: at spaces, in Chinese anywhere. Nothing is cut. */
export function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(PIECES) ?? []) {
    if (line !== "" && textWidth((line + piece).trimEnd(), size) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  }
  if (line.trim() !== "") lines.push(line.trimEnd());
  return lines;
}

/** The width of a column for some texts: as wide as the widest, at most `most`, but never too narrow for a word. */
export function columnFor(texts: string[], most: number, size: number): number {
  const words = texts.flatMap((text) => text.match(PIECES) ?? []).map((piece) => strongWidth(piece.trimEnd(), size));
  return Math.max(0, ...words, Math.min(most, Math.max(0, ...texts.map((text) => strongWidth(text, size)))));
}

export interface Box {
  cx: number;
  cy: number;
  width: number;
  height: number;
}

/** Where the line from the middle of one box to another leaves it. */
export function borderPoint(from: Box, to: Box): { x: number; y: number } {
  const dx = to.cx - from.cx;
  const dy = to.cy - from.cy;
  const across = dx === 0 ? Number.POSITIVE_INFINITY : from.width / 2 / Math.abs(dx);
  const down = dy === 0 ? Number.POSITIVE_INFINITY : from.height / 2 / Math.abs(dy);
  const share = Math.min(across, down, 1);
  return { x: from.cx + dx * share, y: from.cy + dy * share };
}

/** Round ticks from 0 to at least `most`: three to seven of them, in steps of 1, 2 or 5. */
export function ticks(most: number): number[] {
  const rough = Math.max(most, 1e-9) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough * 0.999) ?? 10) * power;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, place) => Number((place * step).toPrecision(12)));
}

/** Round ticks from below `least` to above `most`; they begin at 0 unless that would press the values together at the top. */
export function ticksBetween(least: number, most: number): number[] {
  if (least >= 0 && least < most * 0.6) return ticks(most);
  if (most === least) return [least - 1, least, least + 1];
  const steps = ticks(most - least);
  const step = steps[1] ?? 1;
  const first = Math.floor(least / step + 1e-9);
  const last = Math.ceil(most / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}

/** A number for an attribute: short, and the same everywhere. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
