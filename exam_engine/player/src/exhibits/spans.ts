import { textIn, type Span } from "../model";
import { DRAWING_WIDTH, strongWidth, wrap } from "./drawing";

export const SIZE = 13;
export const ROW = 17;
const MOST_ROWS = 3;

/** A span of a lane with its words: in it, after it, before it, or nowhere, when a number stands for them. */
export interface Placed {
  span: Span;
  x: number;
  width: number;
  said: string[];
  place: "inside" | "after" | "before" | "number";
  /** Where the words begin; before a span, where they end; the middle for a number. */
  at: number;
  number?: number;
}

/** Words stand in their span if it is wide enough, else in the free places beside it: half of one that another span may need too. */
export function placeWords(spans: Span[], left: number, day: number, lang: string): Placed[] {
  const boxes = spans.map((span) => ({ span, x: left + span.from * day + 2, width: (span.to - span.from + 1) * day - 4 }));
  const placed: Placed[] = [];
  for (const box of [...boxes].sort((a, b) => a.x - b.x)) {
    const end = box.x + box.width;
    const taken = Math.max(left, ...placed.map((one) => (one.place === "after" ? one.at + widest(one.said) : one.x + one.width)));
    const next = Math.min(...boxes.filter(({ x }) => x > box.x).map(({ x }) => x), Infinity);
    const after = next === Infinity ? [DRAWING_WIDTH - end - 12] : [(next - end) / 2 - 12, next - end - 12];
    placed.push({ ...box, ...spotFor(textIn(box.span.text, lang), box.x, end, after, box.x - taken - 12) });
  }
  return placed;
}

function spotFor(text: string, x: number, end: number, after: number[], before: number): Pick<Placed, "said" | "place" | "at"> {
  const spots: (Pick<Placed, "place" | "at"> & { room: number })[] = [
    { place: "inside", at: x + 5, room: end - x - 10 },
    ...after.map((room) => ({ place: "after" as const, at: end + 6, room })),
    { place: "before", at: x - 6, room: before },
  ];
  for (const { place, at, room } of spots) {
    const said = wrap(text, room / 1.06, SIZE);
    if (said.length <= MOST_ROWS && widest(said) <= room) return { said, place, at };
  }
  return { said: [], place: "number", at: (x + end) / 2 };
}

function widest(rows: string[]): number {
  return Math.max(0, ...rows.map((row) => strongWidth(row, SIZE)));
}
