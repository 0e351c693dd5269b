import type { Json, Notice, Receipt, Started, View } from "../model";
import { Alarms, type Timers } from "./alarms";
import type { State } from "./api";
import { Courier, type CourierParts, type Run } from "./courier";
import { Ledger } from "./ledger";
import { waitingSlots, withoutSuperseded, type Pending, type SaveResult } from "./queue";
import type { DeviceStore, SealReason } from "./store";

export type Phase = "open" | "paused" | "sealed" | "handed_in" | "moved" | "closed";
export type SaveState = { kind: "centre"; at: number | null } | { kind: "device" } | { kind: "offline"; waiting: number };

export interface AttemptParts extends CourierParts {
  store: DeviceStore;
  timers: Timers;
}
interface Kept {
  saves: Pending[];
  sealed: SealReason | null;
}

const TICK_MS = 250;
const HOLD_MS = 1000;

/** One candidate's run on this device: what is answered, what of it is at the centre, and how long there is. */
export class Attempt implements Run {
  readonly ledger: Ledger;
  readonly answers = new Map<string, Json>();
  readonly refused = new Map<string, string>();
  phase: Phase = "open";
  sealedFor: SealReason | null = null;
  deadlineMs: number;
  notices: Notice[] = [];
  receipt: Receipt | null = null;
  lastContactMs: number;
  lateSaves = 0;
  view: View = {};
  /** Slots with something else on its way, such as a file; it must arrive before handing in. */
  alsoWaiting: () => Set<string> = () => new Set();

  private stopped = false;
  private lastStoredMs: number | null = null;
  private stoppedWithMs: number | null = null;
  private wasClosed = false;
  private readonly alarms: Alarms;
  private readonly courier: Courier;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly started: Started,
    private readonly parts: AttemptParts,
    kept: Kept,
  ) {
    const own = withoutSuperseded(kept.saves, started.answers);
    this.recall(started, own);
    this.alarms = new Alarms(parts.timers);
    this.ledger = new Ledger(parts.store, own, started.last_seq, () => this.onKept());
    this.courier = new Courier(this, this.ledger, this.alarms, parts, started.head, started.last_seq, started.heartbeat_s * 1000);
    this.deadlineMs = started.deadline_ms;
    this.lastContactMs = started.now_ms;
    this.sealedFor = kept.sealed;
    if (kept.sealed) this.phase = "sealed";
    this.takeState(started);
  }

  get id(): number {
    return this.started.attempt;
  }

  get online(): boolean {
    return this.courier.online;
  }

  /** Begins sending and listening for the centre's messages. */
  begin(): void {
    this.tick();
    this.courier.listen();
    void this.courier.pump();
  }

  stop(): void {
    this.stopped = true;
    this.alarms.stop();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes an answer. What is being typed may grow for a second before it becomes a save. */
  change(slot: string, response: Json, typing = false): void {
    if (this.phase !== "open") return;
    this.answers.set(slot, response);
    this.refused.delete(slot);
    this.record(slot, response, typing);
  }

  /** Takes a file that arrived; it may arrive after sealing, as what was chosen before. */
  changeFromFile(slot: string, response: Json): void {
    if (!this.mayCarry()) return;
    this.answers.set(slot, response);
    this.record(slot, response, false);
    void this.courier.pump();
  }

  /** Takes what the screen knows (place, flags, crossed out), by the same way as answers. */
  look(view: View): void {
    this.view = view;
    if (this.phase === "open") this.record("_view", view as Json, true);
  }

  /** Ends holding back: at a blur, a change of question, or when the page is hidden. */
  flush(leaving = false): void {
    this.alarms.cancel("hold");
    this.ledger.release();
    void (leaving ? this.courier.sendLeaving() : this.courier.pump());
  }

  handIn(): void {
    this.seal("hand_in");
    this.courier.retryNow();
  }

  retryNow(): void {
    this.courier.retryNow();
  }

  remainingMs(): number {
    return Math.max(0, this.stoppedWithMs ?? this.deadlineMs - this.parts.clock.now());
  }

  waiting(): Set<string> {
    return new Set([...waitingSlots(this.ledger.queue), ...this.alsoWaiting()]);
  }

  saveState(): SaveState {
    const waiting = this.waiting().size;
    if (!this.online) return { kind: "offline", waiting };
    return waiting > 0 ? { kind: "device" } : { kind: "centre", at: this.lastStoredMs };
  }

  mayCarry(): boolean {
    return !this.stopped && (this.phase === "open" || this.phase === "sealed");
  }

  isSealed(): boolean {
    return this.phase === "sealed";
  }

  /** Time may have been added while the centre could not be reached. */
  mustAskBeforeDelivery(): boolean {
    return this.sealedFor === "time";
  }

  isReadyToDeliver(): boolean {
    return this.phase === "sealed" && this.ledger.queue.length === 0 && this.alsoWaiting().size === 0;
  }

  takeState(state: State): void {
    this.deadlineMs = state.deadline_ms;
    this.lastContactMs = state.now_ms;
    this.notices.push(...state.messages.filter(({ id }) => !this.notices.some((notice) => notice.id === id)));
    if (state.status === "paused") this.paused(state.deadline_ms - state.now_ms);
    if (state.status === "open" && this.phase === "paused") this.resume();
    if (state.status === "open" && this.isSealed() && this.sealedFor === "time" && state.deadline_ms > state.now_ms) this.unseal();
    if (state.status === "submitted") this.takeReceipt(this.receipt);
    if (state.status === "closed") this.close();
  }

  takeResult(result: SaveResult): void {
    if (result.slot.startsWith("_")) return;
    if (result.state === "late") this.lateSaves += 1;
    if (result.state === "refused") this.refused.set(result.slot, result.detail ?? result.code ?? "");
    if (result.state === "stored" || result.state === "duplicate") {
      this.lastStoredMs = Math.max(this.lastStoredMs ?? 0, result.stored_ms ?? this.lastContactMs);
    }
  }

  takeReceipt(receipt: Receipt | null): void {
    this.receipt = receipt;
    this.phase = "handed_in";
    void this.parts.store.clear().catch(() => undefined);
    this.stop();
    this.changed();
  }

  movedAway(): void {
    this.phase = "moved";
    this.stop();
    this.changed();
  }

  paused(leftMs = this.remainingMs()): void {
    if (this.phase !== "open" && this.phase !== "paused") return;
    this.ledger.release();
    this.phase = "paused";
    this.stoppedWithMs = leftMs;
    this.changed();
  }

  /** The centre refused to have the exam handed in: where it was closed there, that is the end of it. */
  refusedToDeliver(): void {
    if (this.wasClosed) this.phase = "closed";
    this.changed();
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }

  private recall(started: Started, own: Pending[]): void {
    for (const [slot, { response }] of Object.entries(started.answers)) this.answers.set(slot, response);
    for (const save of own) if (!save.slot.startsWith("_")) this.answers.set(save.slot, save.response);
    const ownView = own.findLast((save) => save.slot === "_view");
    this.view = (ownView?.response as View | undefined) ?? started.view ?? {};
  }

  private record(slot: string, response: Json, held: boolean): void {
    this.ledger.add(slot, response, held, this.parts.deviceNow());
    if (held && !this.alarms.has("hold")) this.alarms.set("hold", () => this.flush(), HOLD_MS);
    this.changed();
  }

  private onKept(): void {
    this.changed();
    void this.courier.pump();
  }

  private tick(): void {
    if (this.phase === "open" && this.parts.clock.now() >= this.deadlineMs) this.seal("time");
    if (this.phase === "open" || this.phase === "paused") this.alarms.set("tick", () => this.tick(), TICK_MS);
  }

  private seal(reason: SealReason): void {
    if (this.phase !== "open") return;
    this.alarms.cancel("hold");
    this.ledger.release();
    this.phase = "sealed";
    this.sealedFor = reason;
    void this.parts.store.seal(reason).catch(() => undefined);
    this.changed();
    void this.courier.pump();
  }

  /** Closed by the centre: what is still here is delivered first, so that a person can look at it. */
  private close(): void {
    this.wasClosed = true;
    if (this.phase === "paused") this.phase = "open";
    this.seal("time");
  }

  private unseal(): void {
    this.phase = "open";
    this.sealedFor = null;
    void this.parts.store.seal(null).catch(() => undefined);
    this.tick();
  }

  private resume(): void {
    this.phase = "open";
    this.stoppedWithMs = null;
    this.tick();
    void this.courier.pump();
  }
}
