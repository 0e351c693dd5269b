import type { Json } from "../model";

/** A save that is not yet known to be at the centre. */
export interface Pending {
  slot: string;
  seq: number;
  response: Json;
  at_ms: number;
  /** Written to the device, or tried in vain: a device that keeps nothing must not hold answers back. */
  written: boolean;
  /** Was put on the wire at least once, so the centre may know it: its body never changes again. */
  sent: boolean;
  /** Still being typed: may grow for up to a second before it is sent. */
  held: boolean;
}

export interface SaveResult {
  seq: number;
  slot: string;
  state: "stored" | "duplicate" | "conflict" | "late" | "refused";
  digest?: string;
  stored_ms?: number;
  code?: string;
  detail?: string;
  last_seq?: number;
}

export const BATCH = 50;

/** The next saves to send, oldest first; a held save also holds those behind it, so order is kept. */
export function nextBatch(queue: readonly Pending[]): Pending[] {
  const stop = queue.findIndex((save) => save.held || !save.written);
  return queue.slice(0, Math.min(stop === -1 ? queue.length : stop, BATCH));
}

/** The save of this slot that may still change its body, if its newest one was never sent. */
export function openSave(queue: readonly Pending[], slot: string): Pending | undefined {
  const last = queue.findLast((save) => save.slot === slot);
  return last?.held && !last.sent ? last : undefined;
}

/**
 * Gives the saves whose number was taken by another body new numbers after everything known.
 *
 * All later saves move with them, in order. One that a later save of its own slot replaces is left out:
 * under a new number it would come back over the newer answer.
 */
export function renumber(queue: readonly Pending[], from: number, lastSeq: number): { queue: Pending[]; gone: number[] } {
  const before = queue.filter((save) => save.seq < from);
  const moved = queue.filter((save) => save.seq >= from);
  const kept = moved.filter((save, index) => !moved.slice(index + 1).some((later) => later.slot === save.slot));
  const first = Math.max(lastSeq, ...before.map((save) => save.seq)) + 1;
  const renamed = kept.map((save, index) => ({ ...save, seq: first + index, sent: false, written: false }));
  return { queue: [...before, ...renamed], gone: moved.map((save) => save.seq) };
}

/** Leaves out saves of an earlier visit that the centre already holds something newer for. */
export function withoutSuperseded(
  queue: readonly Pending[],
  answers: Record<string, { seq: number } | undefined>,
): Pending[] {
  return queue.filter((save) => (answers[save.slot]?.seq ?? 0) <= save.seq);
}

/** Slots whose newest answer is not at the centre; the view of the screen is not an answer. */
export function waitingSlots(queue: readonly Pending[]): Set<string> {
  return new Set(queue.map((save) => save.slot).filter((slot) => !slot.startsWith("_")));
}
