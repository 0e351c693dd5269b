import { HttpApi, type Problem } from "../engine/api";
import type { Attempt } from "../engine/attempt";
import { deviceId, openAttempt, type Opened } from "../engine/open";
import { Uploads } from "../engine/uploads";
import type { Json, PublicItem, Slot, View } from "../model";
import { itemOf, taskOf } from "./cells";
import { showSize, USUAL_SIZE } from "./display";
import { holdExam } from "./tab-lock";

/** Where the page stands before, beside and after the exam itself. */
export type Gate = { kind: "loading" } | { kind: "refused"; problem: Problem } | { kind: "unreachable" } | { kind: "other_tab" };
export type Page = "question" | "review";

const ASK_AGAIN_MS = 5000;
const FILES_AGAIN_MS = 10_000;

/** Opens the attempt for one tab and carries what the screen knows: place, flags, crossed out, text size, language. */
export class Session {
  gate: Gate | null = { kind: "loading" };
  attempt: Attempt | null = null;
  uploads: Uploads | null = null;
  page: Page = "question";
  lang: string;
  private timer = 0;
  private fileTimer = 0;

  constructor(
    readonly start: { url: string; csrf: string; lang: string; home: string },
    private readonly changed: () => void,
  ) {
    this.lang = start.lang;
  }

  async open(take = false): Promise<void> {
    window.clearTimeout(this.timer);
    const hold = await holdExam(this.start.url, take);
    if (!hold.held) return this.stay({ kind: "other_tab" });
    void hold.lost.then(() => {
      this.close();
      this.stay({ kind: "other_tab" });
    });
    await this.ask();
  }

  /** Asks anew from the page as it stands, in the tab that has the exam. */
  async reopen(): Promise<void> {
    if (this.gate?.kind === "other_tab") return this.open();
    this.close();
    this.stay({ kind: "loading" });
    await this.ask();
  }

  /** Asks the centre for the attempt; where it is open elsewhere, again until it was moved here. */
  async ask(): Promise<void> {
    const api = new HttpApi(this.start.url, this.start.csrf);
    const opened = await openAttempt(api, deviceId());
    if (opened.kind === "open") this.begin(opened, api);
    else if (opened.kind === "unreachable") this.stay({ kind: "unreachable" });
    else {
      this.stay({ kind: "refused", problem: opened.problem });
      if (opened.problem.code === "open_elsewhere") this.timer = window.setTimeout(() => void this.ask(), ASK_AGAIN_MS);
    }
  }

  close(): void {
    window.clearTimeout(this.timer);
    window.clearInterval(this.fileTimer);
    this.attempt?.stop();
    this.attempt = null;
  }

  get view(): View {
    return this.attempt?.view ?? {};
  }

  get slots(): Slot[] {
    return this.attempt?.started.order.slots ?? [];
  }

  get current(): Slot {
    const { current } = this.view;
    return this.slots.find(({ slot }) => slot === current) ?? this.slots[0] ?? { slot: "", item: "" };
  }

  get languages(): string[] {
    return this.attempt?.started.paper.languages ?? [this.lang];
  }

  item(slot: Slot): PublicItem {
    if (!this.attempt) throw new Error("no attempt is open");
    return itemOf(this.attempt.started, slot);
  }

  answer(slot: string, response: Json, typing: boolean): void {
    this.attempt?.change(slot, response, typing);
  }

  goTo(slot: string): void {
    this.attempt?.flush();
    this.page = "question";
    const seen = [...new Set([...(this.view.seen ?? []), ...this.shownWith(slot)])];
    this.look({ current: slot, seen });
  }

  showReview(): void {
    this.attempt?.flush();
    this.page = "review";
    this.changed();
  }

  /** Flags a question, or all parts of a task, or takes the flag away. */
  toggleFlag(slots: string[]): void {
    const flags = this.view.flags ?? [];
    const others = flags.filter((slot) => !slots.includes(slot));
    this.look({ flags: slots.every((slot) => flags.includes(slot)) ? others : [...others, ...slots] });
  }

  strike(slot: string, struck: string[]): void {
    const { [slot]: _, ...others } = this.view.struck ?? {};
    this.look({ struck: struck.length > 0 ? { ...others, [slot]: struck } : others });
  }

  setSize(size: number): void {
    showSize(size);
    this.look({ zoom: size });
  }

  setLang(lang: string): void {
    this.lang = lang;
    document.documentElement.lang = lang;
    this.look({ lang });
  }

  look(change: View): void {
    this.attempt?.look({ ...this.view, ...change });
    this.changed();
  }

  /** The slots that are on the screen with one: in a practical, all parts of its task. */
  shownWith(slot: string): string[] {
    const inTask = this.attempt ? taskOf(this.attempt.started, slot) : null;
    return inTask ? inTask.task.parts : [slot];
  }

  private begin(opened: Extract<Opened, { kind: "open" }>, api: HttpApi): void {
    const { attempt } = opened;
    this.attempt = attempt;
    this.uploads = new Uploads(api, opened.store, this.uploadHost(attempt), opened.files, (slot) => this.item({ slot, item: slot }));
    attempt.alsoWaiting = () => this.uploads?.waiting() ?? new Set();
    let wasOnline = true;
    attempt.subscribe(() => {
      if (attempt.online && !wasOnline) void this.uploads?.pump();
      wasOnline = attempt.online;
      this.changed();
    });
    this.gate = null;
    this.restoreScreen(attempt);
    attempt.begin();
    void this.uploads.pump();
    this.fileTimer = window.setInterval(() => this.uploads?.hasWork() && void this.uploads.pump(), FILES_AGAIN_MS);
  }

  private restoreScreen(attempt: Attempt): void {
    const languages = attempt.started.paper.languages ?? [];
    const wanted = attempt.view.lang ?? this.start.lang;
    this.lang = languages.includes(wanted) || languages.length === 0 ? wanted : (languages[0] ?? wanted);
    document.documentElement.lang = this.lang;
    showSize(attempt.view.zoom ?? USUAL_SIZE);
    if (attempt.phase === "open") this.goTo(this.current.slot);
  }

  private uploadHost(attempt: Attempt): ConstructorParameters<typeof Uploads>[2] {
    return {
      answer: (slot) => attempt.answers.get(slot),
      change: (slot, response) => attempt.changeFromFile(slot, response),
      changed: () => {
        this.changed();
        // The exam may be sealed and waiting for the last file.
        if (attempt.isSealed() && !this.uploads?.hasWork()) attempt.flush();
      },
      isOpen: () => attempt.mayCarry(),
    };
  }

  private stay(gate: Gate): void {
    this.gate = gate;
    this.changed();
  }
}
