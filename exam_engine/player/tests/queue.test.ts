import { describe, expect, it } from "vitest";
import { nextBatch, renumber, waitingSlots, withoutSuperseded, type Pending } from "../src/engine/queue";

const save = (seq: number, slot: string, change: Partial<Pending> = {}): Pending => ({ seq, slot, response: seq, at_ms: 0, written: true, sent: false, held: false, ...change });
const list = (queue: Pending[]) => queue.map(({ seq, slot }) => `${seq}${slot}`);

describe("the queue", () => {
  it("sends nothing that is not on the device yet, and nothing that stands behind it", () => {
    expect(list(nextBatch([save(1, "a"), save(2, "b", { written: false }), save(3, "c")]))).toEqual(["1a"]);
  });

  it("keeps order: nothing overtakes what is still being typed", () => {
    expect(list(nextBatch([save(1, "a"), save(2, "b", { held: true }), save(3, "c")]))).toEqual(["1a"]);
  });

  it("gives new numbers from the conflict on, in order, after all known ones", () => {
    const { queue, gone } = renumber([save(4, "a"), save(5, "b"), save(6, "c")], 5, 9);
    expect([list(queue), gone]).toEqual([["4a", "10b", "11c"], [5, 6]]);
  });

  it("leaves out what a later save of the same question replaces", () => {
    expect(list(renumber([save(5, "a"), save(6, "b"), save(7, "a")], 5, 5).queue)).toEqual(["6b", "7a"]);
  });

  it("drops what the centre holds something newer for, and keeps what it may not know", () => {
    const queue = [save(3, "a"), save(4, "b"), save(5, "c")];
    expect(list(withoutSuperseded(queue, { a: { seq: 8 }, b: { seq: 4 } }))).toEqual(["4b", "5c"]);
  });

  it("counts questions, not saves, and not the screen's own state", () => {
    expect(waitingSlots([save(1, "a"), save(2, "a"), save(3, "_view")])).toEqual(new Set(["a"]));
  });
});
