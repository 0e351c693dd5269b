import type { FileAnswer, Json, PublicItem } from "../model";
import type { Transfer } from "../items/upload-field";
import type { Api, Problem } from "./api";
import { sha256 } from "./digest";
import type { DeviceStore, KeptFile } from "./store";

interface Job extends KeptFile {
  replaces: string | null;
  maxFiles: number;
}
/** What the uploads ask of the attempt they belong to. */
export interface UploadHost {
  answer(slot: string): Json | undefined;
  change(slot: string, response: Json): void;
  changed(): void;
  isOpen(): boolean;
}

const LARGEST = 10_000_000;
/** Refusals that pass: the file waits here. Any other one is final, so that no file keeps the exam from being handed in. */
const PASSING = ["paused", "bad_token", "session_moved", "wrong_offset"];
const REASONS: Record<string, Transfer["reason"]> = { wrong_type: "wrong_type", too_large: "too_large", digest_mismatch: "damaged", too_late: "late", handed_in: "late" };

/** Sends files in pieces, one after another, from wherever the centre has got to; keeps them until they are there. */
export class Uploads {
  readonly storedAt: Record<string, number> = {};
  private readonly shown = new Map<string, Transfer[]>();
  private jobs: Job[] = [];
  private sending = false;

  constructor(
    private readonly api: Api,
    private readonly store: DeviceStore,
    private readonly host: UploadHost,
    kept: KeptFile[] = [],
    itemOf: (slot: string) => PublicItem | undefined = () => undefined,
  ) {
    for (const file of kept) this.enqueue({ ...file, replaces: null, maxFiles: itemOf(file.slot)?.max_files ?? 1 });
  }

  of(slot: string): Transfer[] {
    return this.shown.get(slot) ?? [];
  }

  /** Slots with a file that is not yet at the centre. */
  waiting(): Set<string> {
    return new Set(this.jobs.map(({ slot }) => slot));
  }

  hasWork(): boolean {
    return this.jobs.length > 0;
  }

  /** Takes a chosen file; what can be seen to be wrong here is refused at once. */
  async add(slot: string, item: PublicItem, file: File, replaces: string | null): Promise<void> {
    const reason = refusedHere(item, file);
    const transfer: Transfer = { name: file.name, size: file.size, sha256: "", state: "refused", sent: 0 };
    this.shown.set(slot, this.of(slot).filter(({ state }) => state !== "refused"));
    if (reason) {
      this.shown.set(slot, [...this.of(slot), { ...transfer, reason }]);
      this.host.changed();
      return;
    }
    const bytes = await file.arrayBuffer();
    const job: Job = { slot, name: file.name, size: file.size, sha256: await sha256(bytes), bytes, replaces, maxFiles: item.max_files ?? 1 };
    await this.store.putFile({ slot, name: job.name, size: job.size, sha256: job.sha256, bytes }).catch(() => undefined);
    this.enqueue(job);
    await this.pump();
  }

  /** Sends what is waiting; stops at the first file that cannot get through, and goes on when asked again. */
  async pump(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    for (let job = this.jobs[0]; job && this.host.isOpen(); job = this.jobs[0]) {
      if (!(await this.send(job))) break;
    }
    this.sending = false;
    this.host.changed();
  }

  private enqueue(job: Job): void {
    this.jobs.push(job);
    const { name, size, sha256: digest } = job;
    this.shown.set(job.slot, [...this.of(job.slot), { name, size, sha256: digest, state: "sending", sent: 0 }]);
    this.host.changed();
  }

  private show(job: Job, change: Partial<Transfer>): void {
    this.shown.set(job.slot, this.of(job.slot).map((each) => (each.sha256 === job.sha256 ? { ...each, ...change } : each)));
    this.host.changed();
  }

  private async send(job: Job): Promise<boolean> {
    const { slot, name, size, sha256: digest } = job;
    const opened = await this.api.openFile({ slot, name, size, sha256: digest });
    if (opened.kind === "unreachable") return this.waitWith(job);
    if (opened.kind === "refused") return this.refuse(job, opened.problem);
    let { offset } = opened.body;
    this.show(job, { state: "sending", sent: offset });
    // At least one piece is sent, so that an answer says the file is whole even where all of it was there before.
    for (;;) {
      const piece = new Blob([job.bytes.slice(offset, offset + opened.body.piece)]);
      const reply = await this.api.sendPiece(opened.body.file, offset, piece);
      if (reply.kind === "unreachable") return this.waitWith(job);
      if (reply.kind === "refused" && reply.problem.code !== "wrong_offset") return this.refuse(job, reply.problem);
      const place = reply.kind === "ok" ? reply.body : { offset: Number(reply.problem["offset"] ?? 0), complete: false };
      if (place.complete) return this.finish(job, "stored_ms" in place ? place.stored_ms : undefined);
      if (place.offset === offset && reply.kind === "refused") return this.waitWith(job);
      offset = place.offset;
      this.show(job, { sent: offset });
    }
  }

  private waitWith(job: Job): boolean {
    this.show(job, { state: "kept" });
    return false;
  }

  private refuse(job: Job, problem: Problem): boolean {
    if (PASSING.includes(problem.code)) return this.waitWith(job);
    this.drop(job);
    this.show(job, { state: "refused", reason: REASONS[problem.code] ?? "other" });
    return true;
  }

  private finish(job: Job, storedMs: number | undefined): boolean {
    if (storedMs !== undefined) this.storedAt[job.sha256] = storedMs;
    this.shown.set(job.slot, this.of(job.slot).filter((each) => each.sha256 !== job.sha256));
    this.host.change(job.slot, withFile(this.host.answer(job.slot), job) as unknown as Json);
    this.drop(job);
    return true;
  }

  private drop(job: Job): void {
    this.jobs = this.jobs.filter((other) => other !== job);
    void this.store.removeFile(job.slot, job.sha256).catch(() => undefined);
  }
}

/** The files of the answer with one added, in the place of the one it replaces. */
export function withFile(answer: Json | undefined, job: FileAnswer & { replaces: string | null; maxFiles: number }): FileAnswer[] {
  const files = (Array.isArray(answer) ? answer : []) as unknown as FileAnswer[];
  const { name, sha256: digest, size } = job;
  const others = files.filter((file) => file.sha256 !== digest && file.sha256 !== job.replaces);
  const room = Math.max(0, job.maxFiles - 1);
  return [...(room > 0 ? others.slice(-room) : []), { name, sha256: digest, size }];
}

function refusedHere(item: PublicItem, file: File): Transfer["reason"] | null {
  const kind = file.name.split(".").pop()?.toLowerCase() ?? "";
  const accept = (item.accept ?? []).map((each) => each.toLowerCase());
  if (accept.length > 0 && !accept.includes(kind)) return "wrong_type";
  if (file.size > (item.max_bytes ?? LARGEST)) return "too_large";
  return file.size === 0 ? "empty" : null;
}
