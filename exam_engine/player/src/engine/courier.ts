import type { Json, Receipt, View } from "../model";
import type { Alarms } from "./alarms";
import type { Api, Problem, Reply, Save, Saved, State } from "./api";
import type { ServerClock } from "./clock";
import { saveDigest } from "./digest";
import type { Ledger } from "./ledger";
import { BATCH, type Pending, type SaveResult } from "./queue";

/** What the courier asks of, and tells to, the attempt it carries for. */
export interface Run {
  readonly id: number;
  readonly view: View;
  mayCarry(): boolean;
  isSealed(): boolean;
  mustAskBeforeDelivery(): boolean;
  isReadyToDeliver(): boolean;
  takeState(state: State): void;
  takeResult(result: SaveResult): void;
  takeReceipt(receipt: Receipt | null): void;
  movedAway(): void;
  paused(): void;
  refusedToDeliver(): void;
  changed(): void;
}
export interface CourierParts {
  api: Api;
  clock: ServerClock;
  device: string;
  deviceNow: () => number;
  random: () => number;
}

const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 20_000;
const LEAVING_BYTES = 60_000;

/** Carries saves to the centre in order, one request at a time, and tries again until each is acknowledged. */
export class Courier {
  online = true;
  private limit = BATCH;
  private failures = 0;
  private pumping = false;
  private renewing = false;
  private wanted = false;

  constructor(
    private readonly run: Run,
    private readonly ledger: Ledger,
    private readonly alarms: Alarms,
    private readonly parts: CourierParts,
    private head: string,
    private serverSeq: number,
    private readonly beatMs: number,
  ) {}

  /** Sends what may be sent until nothing is left or a pause is due. */
  async pump(): Promise<void> {
    this.wanted = true;
    if (this.pumping) return;
    this.pumping = true;
    while (this.wanted && this.canSend()) {
      this.wanted = false;
      while (this.canSend() && (await this.sendBatch()));
      if (this.canSend() && this.run.isReadyToDeliver()) await this.deliver();
    }
    this.pumping = false;
  }

  /** The connection may be back: asks at once instead of at the next turn. */
  retryNow(): void {
    this.failures = 0;
    this.again();
  }

  listen(): void {
    this.alarms.set("beat", () => void this.beat(), this.beatMs);
  }

  /** At the last moment of a page: one request that outlives it; what is not answered stays queued. */
  async sendLeaving(): Promise<void> {
    if (this.pumping || !this.canSend()) return;
    const saves = fitting(await this.prepare(this.ledger.next(BATCH)));
    if (saves.length === 0) return;
    this.takeReply(await this.timed(this.parts.api.save(saves, true)), saves);
  }

  private canSend(): boolean {
    return this.run.mayCarry() && !this.renewing && !this.alarms.has("retry");
  }

  private async sendBatch(): Promise<boolean> {
    const batch = this.ledger.next(this.limit);
    if (batch.length === 0) return false;
    const saves = await this.prepare(batch);
    return this.takeReply(await this.timed(this.parts.api.save(saves)), saves);
  }

  private prepare(batch: Pending[]): Promise<Save[]> {
    for (const save of batch) save.sent = true;
    return Promise.all(batch.map((save) => this.sign(save)));
  }

  private async sign({ slot, seq, response, at_ms }: Omit<Save, "digest">): Promise<Save> {
    return { slot, seq, response, at_ms, digest: await saveDigest(this.run.id, slot, seq, response) };
  }

  private takeReply(reply: Reply<Saved>, saves: Save[]): boolean {
    if (reply.kind === "unreachable") return false;
    if (reply.kind === "ok") {
      this.head = reply.body.head || this.head;
      this.serverSeq = Math.max(this.serverSeq, reply.body.last_seq ?? 0);
      return this.settle(reply.body.results, saves);
    }
    const only = saves.length === 1 ? saves[0] : undefined;
    if (only && reply.problem.code === "sequence_taken") return this.settle([verdict(only, "conflict", reply.problem)], saves);
    if (this.takeRefusal(reply.problem)) return false;
    if (only) return this.settle([verdict(only, "refused", reply.problem)], saves);
    this.limit = 1;
    return true;
  }

  private settle(results: SaveResult[], saves: Save[]): boolean {
    const digests = new Map(saves.map((save) => [save.seq, save.digest]));
    const done = this.ledger.settle(results, digests, this.serverSeq);
    for (const result of done) this.run.takeResult(result);
    if (done.length > 0) this.limit = BATCH;
    this.run.changed();
    const moved = results.some((result) => result.state === "conflict");
    if (done.length === 0 && !moved) this.retryLater();
    return done.length > 0 || moved;
  }

  private async deliver(): Promise<void> {
    if (this.run.mustAskBeforeDelivery()) {
      const beat = await this.timed(this.parts.api.heartbeat(0));
      if (beat.kind !== "ok" || !this.run.isSealed()) return;
    }
    const reply = await this.timed(this.parts.api.submit(this.ledger.lastSeq, this.head), false);
    if (reply.kind === "ok") return this.run.takeReceipt(reply.body.receipt);
    if (reply.kind === "unreachable") return;
    if (reply.problem.code === "answers_missing" && (await this.fillGaps(reply.problem["missing"]))) return this.deliver();
    if (this.takeRefusal(reply.problem)) return;
    this.retryLater();
    this.run.refusedToDeliver();
  }

  /** Numbers that never reached the centre and hold no answer any more are given to the screen's state. */
  private async fillGaps(missing: unknown): Promise<boolean> {
    if (!Array.isArray(missing) || missing.length === 0) return false;
    const view = this.run.view as Json;
    const gaps = missing.map((seq: number) => ({ slot: "_view", seq, response: view, at_ms: this.parts.deviceNow() }));
    const reply = await this.timed(this.parts.api.save(await Promise.all(gaps.map((gap) => this.sign(gap)))));
    if (reply.kind !== "ok") return false;
    this.head = reply.body.head || this.head;
    return reply.body.results.some(({ state }) => state === "stored" || state === "duplicate");
  }

  private async beat(): Promise<void> {
    const reply = await this.timed(this.parts.api.heartbeat(this.ledger.queue.length));
    if (reply.kind === "ok") this.serverSeq = Math.max(this.serverSeq, reply.body.last_seq);
    if (reply.kind === "refused") this.takeRefusal(reply.problem);
    this.listen();
    if (reply.kind === "ok") void this.pump();
  }

  /** Reads clock, deadline and messages off a reply, and learns whether the centre is there. */
  private async timed<T>(request: Promise<Reply<T>>, hasState = true): Promise<Reply<T>> {
    const sent = this.parts.clock.mark();
    const reply = await request;
    this.online = reply.kind !== "unreachable";
    if (this.online) {
      this.failures = 0;
      this.alarms.cancel("retry");
    } else this.retryLater();
    if (reply.kind === "ok" && hasState) {
      const state = reply.body as unknown as State;
      this.parts.clock.observe(state.now_ms, sent);
      this.run.takeState(state);
    }
    this.run.changed();
    return reply;
  }

  /** Refusals of the whole request. False when the code says nothing about the attempt. */
  private takeRefusal(problem: Problem): boolean {
    switch (problem.code) {
      case "session_moved":
        this.run.movedAway();
        return true;
      case "handed_in":
        this.run.takeReceipt((problem["receipt"] as Receipt | undefined) ?? null);
        return true;
      case "paused":
        this.run.paused();
        if (this.run.isSealed()) this.retryLater();
        return true;
      case "bad_token":
        void this.renew();
        return true;
      default:
        return false;
    }
  }

  /** The token was not accepted: asks for the same attempt again, as after a reload. */
  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    const reply = await this.parts.api.start(this.parts.device);
    this.renewing = false;
    if (reply.kind === "ok") {
      this.parts.api.use(reply.body.attempt, reply.body.token);
      this.run.takeState(reply.body);
      this.retryLater();
    } else if (reply.kind === "refused" && reply.problem.code === "open_elsewhere") {
      this.run.movedAway();
    } else {
      this.online = false;
      this.retryLater();
    }
    this.run.changed();
  }

  private again(): void {
    this.alarms.cancel("retry");
    if (this.ledger.queue.length > 0 || this.run.isSealed()) void this.pump();
    else void this.beat();
  }

  private retryLater(): void {
    const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.failures) * (0.8 + 0.4 * this.parts.random());
    this.failures += 1;
    this.alarms.set("retry", () => this.again(), wait);
  }
}

/** The first saves that fit into a request that outlives its page; browsers allow it 64 KiB. */
function fitting(saves: Save[]): Save[] {
  const sizes = saves.map((save) => new Blob([JSON.stringify(save)]).size);
  const most = sizes.findIndex((_, place) => sizes.slice(0, place + 1).reduce((sum, size) => sum + size, 0) > LEAVING_BYTES);
  return most === -1 ? saves : saves.slice(0, most);
}

function verdict(save: Save, state: "conflict" | "refused", problem: Problem): SaveResult {
  const { code, detail, last_seq } = problem;
  const result: SaveResult = { seq: save.seq, slot: save.slot, state, code };
  if (detail !== undefined) result.detail = detail;
  if (typeof last_seq === "number") result.last_seq = last_seq;
  return result;
}
