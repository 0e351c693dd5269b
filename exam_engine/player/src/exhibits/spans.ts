import { textIn, type Span } from "../model";
import { strongWidth, wrap } from "./drawing";

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
export function placeWords(spans: Span[], left: number, right: number, day: number, lang: string): Placed[] {
  const boxes = spans.map((span) => ({ span, x: left + span.from * day + 2, width: (span.to - span.from + 1) * day - 4 }));
  const placed: Placed[] = [];
  for (const box of [...boxes].sort((a, b) => a.x - b.x)) {
    const end = box.x + box.width;
    const taken = Math.max(left, ...placed.map((one) => (one.place === "after" ? one.at + widest(one.said) : one.x + one.width)));
    const next = Math.min(...boxes.filter(({ x }) => x > box.x).map(({ x }) => x), Infinity);
    const text = textIn(box.span.text, lang);
    const after = (room: number) => spot(text, "after", end + 6, room - 12);
    const inside = spot(text, "inside", box.x + 5, box.width - 10);
    const free = [next === Infinity ? after(right - end) : after((next - end) / 2), spot(text, "before", box.x - 6, box.x - taken - 12)];
    const shortest = free.filter((each) => each !== undefined).sort((a, b) => a.said.length - b.said.length)[0];
    placed.push({ ...box, ...(inside ?? shortest ?? after(Math.min(next, right) - end) ?? { said: [], place: "number", at: box.x + box.width / 2 }) });
  }
  return placed;
}

/** The words of a span in one place, if it has the room for them. */
function spot(text: string, place: Placed["place"], at: number, room: number): Pick<Placed, "said" | "place" | "at"> | undefined {
  const said = wrap(text, room / 1.06, SIZE);
  return said.length <= MOST_ROWS && widest(said) <= room ? { said, place, at } : undefined;
}

function widest(rows: string[]): number {
  return Math.max(0, ...rows.map((row) => strongWidth(row, SIZE)));
}
