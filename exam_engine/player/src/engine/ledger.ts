import type { Json } from "../model";
import { nextBatch, openSave, renumber, type Pending, type SaveResult } from "./queue";
import type { DeviceStore } from "./store";

/**
 * The saves of this device in their order: numbered, kept on the device, and let go once they are at the centre.
 *
 * A save is written to the device before it may be sent. Store operations run one after another, so a late
 * write never brings back a save that was let go.
 */
export class Ledger {
  queue: Pending[];
  lastSeq: number;
  storageWorks = true;
  private work: Promise<void> = Promise.resolve();
  private readonly dirty = new Set<Pending>();

  constructor(
    private readonly store: DeviceStore,
    own: Pending[],
    lastSeq: number,
    private readonly changed: () => void,
  ) {
    this.queue = [...own].sort((a, b) => a.seq - b.seq);
    this.lastSeq = Math.max(lastSeq, ...own.map((save) => save.seq));
  }

  /** Records a change; while `held`, further changes of the slot go into the same save. */
  add(slot: string, response: Json, held: boolean, atMs: number): void {
    const open = openSave(this.queue, slot);
    if (open) {
      Object.assign(open, { response, at_ms: atMs, held, written: false });
      this.keep(open);
      return;
    }
    this.release();
    this.lastSeq += 1;
    const save: Pending = { slot, seq: this.lastSeq, response, at_ms: atMs, written: false, sent: false, held };
    this.queue.push(save);
    this.keep(save);
  }

  /** Lets everything that was held go out. */
  release(): void {
    for (const save of this.queue) save.held = false;
  }

  next(limit: number): Pending[] {
    return nextBatch(this.queue).slice(0, limit);
  }

  /** Takes the centre's word on each save. Only `stored` and `duplicate` with our digest are at the centre. */
  settle(results: SaveResult[], digests: Map<number, string>, knownSeq: number): SaveResult[] {
    const done = results.filter((result) => isSettled(result, digests));
    this.letGo(done.map((result) => result.seq));
    const conflicts = results.filter((result) => result.state === "conflict");
    if (conflicts.length > 0) this.renumberFrom(conflicts, done, knownSeq);
    return done;
  }

  /** Resolves once everything so far is written to the device, or could not be. */
  settled(): Promise<void> {
    return this.work;
  }

  private renumberFrom(conflicts: SaveResult[], done: SaveResult[], knownSeq: number): void {
    const newerStored = (save: Pending) => done.some((result) => result.slot === save.slot && result.seq > save.seq);
    this.letGo(this.queue.filter((save) => conflicts.some(({ seq }) => seq === save.seq) && newerStored(save)).map(({ seq }) => seq));
    const from = Math.min(...conflicts.map(({ seq }) => seq));
    const answered = Math.max(knownSeq, ...conflicts.map((result) => result.last_seq ?? 0), ...done.map(({ seq }) => seq));
    const { queue, gone } = renumber(this.queue, from, Math.max(answered, from));
    this.queue = queue;
    this.lastSeq = Math.max(answered, ...queue.map(({ seq }) => seq));
    const taken = new Set(queue.map(({ seq }) => seq));
    for (const save of queue) if (!save.written) this.keep(save);
    this.letGo(gone.filter((seq) => !taken.has(seq)));
  }

  private letGo(seqs: number[]): void {
    if (seqs.length === 0) return;
    this.queue = this.queue.filter((save) => !seqs.includes(save.seq));
    this.work = this.work.then(() => this.store.remove(seqs)).catch(() => undefined);
  }

  private keep(save: Pending): void {
    if (this.dirty.has(save)) return;
    this.dirty.add(save);
    this.work = this.work.then(() => this.write(save));
  }

  private async write(save: Pending): Promise<void> {
    this.dirty.delete(save);
    if (!this.queue.includes(save)) return;
    try {
      await this.store.put({ ...save });
      this.storageWorks = true;
    } catch {
      this.storageWorks = false;
    }
    save.written = !this.dirty.has(save);
    this.changed();
  }
}

function isSettled(result: SaveResult, digests: Map<number, string>): boolean {
  if (result.state === "conflict") return false;
  if (result.state === "late" || result.state === "refused") return true;
  return result.digest === digests.get(result.seq);
}
