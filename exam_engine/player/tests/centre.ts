import type { Api, Beat, Piece, Problem, Reply, Save, Saved } from "../src/engine/api";
import { Attempt } from "../src/engine/attempt";
import { ServerClock } from "../src/engine/clock";
import type { Pending, SaveResult } from "../src/engine/queue";
import type { DeviceStore, SealReason } from "../src/engine/store";
import type { Json, Notice, Receipt, Started } from "../src/model";

/** Time that passes only when a test says so. */
export class Time {
  now = 1_000_000;
  private alarms: { at: number; run: () => void; id: number }[] = [];
  private last = 0;

  set = (run: () => void, ms: number): number => {
    this.last += 1;
    this.alarms.push({ at: this.now + ms, run, id: this.last });
    return this.last;
  };

  clear = (id: unknown): void => {
    this.alarms = this.alarms.filter((alarm) => alarm.id !== id);
  };

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const next = this.alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      this.clear(next.id);
      next.run();
      await settle();
    }
    this.now = end;
  }
}

let digesting = 0;
const digest = crypto.subtle.digest.bind(crypto.subtle);
crypto.subtle.digest = async (algorithm: AlgorithmIdentifier, data: BufferSource) => {
  digesting += 1;
  try {
    return await digest(algorithm, data);
  } finally {
    digesting -= 1;
  }
};

/** Lets everything that is ready run, until nothing is: promises, and digests, which are made on another thread. */
export async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet = digesting > 0 ? 0 : quiet + 1) await new Promise((done) => setImmediate(done));
}

/** A centre in memory that keeps the promises of docs/player-api.md, and faults to order. */
export class Centre implements Api {
  stored = new Map<number, Save & { stored_ms: number }>();
  requests: Save[][] = [];
  notices: Notice[] = [];
  receipt: Receipt | null = null;
  status: "open" | "paused" | "submitted" | "closed" = "open";
  reachable = true;
  /** The next replies are lost although the request arrived. */
  loseReplies = 0;
  refusal: Problem | null = null;
  judge: ((save: Save) => SaveResult | null) | null = null;
  submitted: { lastSeq: number; head: string }[] = [];
  starts = 0;
  deadline: number;
  missing: number[][] = [];

  constructor(private readonly time: Time) {
    this.deadline = time.now + 60_000;
  }

  lastSeq = (): number => Math.max(0, ...this.stored.keys());

  newest(slot: string): Json | undefined {
    return [...this.stored.values()].filter((save) => save.slot === slot).sort((a, b) => b.seq - a.seq)[0]?.response;
  }

  start(): Promise<Reply<Started>> {
    this.starts += 1;
    return this.answer(() => startedAt(this));
  }

  save(saves: Save[]): Promise<Reply<Saved>> {
    return this.answer(() => {
      this.requests.push(saves);
      const results = saves.map((save) => this.judge?.(save) ?? this.keep(save));
      return { ...this.state(), head: `head-${this.stored.size}`, results };
    });
  }

  heartbeat(): Promise<Reply<Beat>> {
    return this.answer(() => this.state());
  }

  submit(lastSeq: number, head: string): Promise<Reply<{ status: string; receipt: Receipt }>> {
    const missing = this.missing.shift();
    if (missing && this.reachable) return Promise.resolve({ kind: "refused", problem: { status: 409, code: "answers_missing", missing } });
    return this.answer(() => {
      this.submitted.push({ lastSeq, head });
      this.receipt ??= { number: "R-1", at_ms: this.time.now, answered: 1, count: 2, digest: head, url: "/attempts/7/receipt" };
      return { status: "submitted", receipt: this.receipt };
    });
  }

  openFile = (): Promise<Reply<{ file: string; offset: number; piece: number }>> => Promise.resolve({ kind: "unreachable" });
  sendPiece = (): Promise<Reply<Piece>> => Promise.resolve({ kind: "unreachable" });
  use = (): void => undefined;

  state(): Beat {
    // As the centre does: while the clock is stopped, the end moves on with it.
    const stopped = this.status === "paused" ? this.time.now - (this.notices.at(-1)?.at_ms ?? this.time.now) : 0;
    return { now_ms: this.time.now, deadline_ms: this.deadline + stopped, status: this.status, messages: this.notices, last_seq: this.lastSeq() };
  }

  private keep(save: Save): SaveResult {
    const known = this.stored.get(save.seq);
    const { seq, slot, digest } = save;
    if (known && known.digest !== digest) return { seq, slot, digest, state: "conflict", code: "sequence_taken" };
    if (!known) this.stored.set(seq, { ...save, stored_ms: this.time.now });
    return { seq, slot, digest, state: known ? "duplicate" : "stored", stored_ms: this.time.now };
  }

  private async answer<T>(make: () => T): Promise<Reply<T>> {
    await Promise.resolve();
    if (!this.reachable) return { kind: "unreachable" };
    if (this.refusal) return { kind: "refused", problem: this.refusal };
    const body = make();
    if (this.loseReplies > 0) {
      this.loseReplies -= 1;
      return { kind: "unreachable" };
    }
    return { kind: "ok", body };
  }
}

export function startedAt(centre: Centre, change: Partial<Started> = {}): Started {
  const slots = ["q1", "q2", "q3"].map((slot) => ({ slot, item: slot }));
  const paper = { title: "Paper", kind: "theory" as const, count: 3 };
  return {
    attempt: 7, token: "t", ...centre.state(), started_ms: 0, grace_s: 10, paper, order: { slots }, form: { items: {}, case: null },
    answers: {}, view: null, head: "", heartbeat_s: 20, links: { receipt: "/attempts/7/receipt", home: "/" }, ...change,
  };
}

/** What the device keeps, without encryption; it can be made to fail. */
export class MemoryStore implements DeviceStore {
  saves = new Map<number, Pending>();
  sealed: SealReason | null = null;
  works = true;
  cleared = false;

  load = () => Promise.resolve({ saves: [...this.saves.values()], sealed: this.sealed, files: [] });
  put = (save: Pending): Promise<void> => {
    if (!this.works) return Promise.reject(new Error("disk full"));
    this.saves.set(save.seq, { ...save });
    return Promise.resolve();
  };
  remove = (seqs: number[]): Promise<void> => {
    for (const seq of seqs) this.saves.delete(seq);
    return Promise.resolve();
  };
  seal = (reason: SealReason | null): Promise<void> => {
    this.sealed = reason;
    return Promise.resolve();
  };
  putFile = () => Promise.resolve();
  removeFile = () => Promise.resolve();
  clear = (): Promise<void> => {
    this.cleared = true;
    this.saves.clear();
    return Promise.resolve();
  };
}

export interface Desk {
  time: Time;
  centre: Centre;
  store: MemoryStore;
  attempt: Attempt;
}

/** An attempt that has begun, at a centre that works. */
export async function sitDown(change: Partial<Started> = {}, store = new MemoryStore(), time = new Time(), centre = new Centre(time)): Promise<Desk> {
  const clock = new ServerClock(() => time.now);
  clock.observe(time.now);
  const kept = await store.load();
  const parts = { api: centre, store, clock, device: "d", timers: time, deviceNow: () => 5, random: () => 0.5 };
  const saves = kept.saves.map((save) => ({ ...save, written: true, sent: true, held: false }));
  const attempt = new Attempt(startedAt(centre, change), parts, { saves, sealed: kept.sealed });
  attempt.begin();
  await settle();
  return { time, centre, store, attempt };
}
