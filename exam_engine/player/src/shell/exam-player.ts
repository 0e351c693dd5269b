import { html, type PropertyDeclarations, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Attempt } from "../engine/attempt";
import { ChoiceItem } from "../items/choice-item";
import type { AnswerDetail, StrikeDetail } from "../items/item-element";
import type { ChosenFile } from "../items/upload-field";
import { plainText, textIn } from "../model";
import { wordsFor, type Words } from "../words";
import { banner, banners } from "./banners";
import "./case-view";
import type { CaseView } from "./case-view";
import { cellsOf, taskOf, type Cell } from "./cells";
import { keep, recall, rem, restoreDisplay, USUAL_SIZE } from "./display";
import "./display-menu";
import type { DisplayMenu } from "./display-menu";
import { endPage, gatePage, type GateActs } from "./gate";
import { foot } from "./foot";
import { head } from "./head";
import { Keys } from "./keys";
import "./keys-help";
import type { KeysHelp } from "./keys-help";
import { LightElement } from "./light";
import { PaletteState } from "./palette-state";
import "./question-palette";
import "./question-view";
import "./review-page";
import { Session } from "./session";

const LOW_REM = 30;

/** The exam: one element on an otherwise empty page. It draws what the session and its attempt say. */
export class ExamPlayer extends LightElement {
  static override properties: PropertyDeclarations = {
    keysOn: { state: true },
    said: { state: true },
  };

  declare keysOn: boolean;
  declare said: string;
  session!: Session;
  private readonly keys = new Keys();
  private readonly closedNotices = new Set<number>();
  private readonly palette = new PaletteState(this);
  private wasEnded = false;

  constructor() {
    super();
    this.keysOn = recall("exam-keys") !== "off";
    this.said = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const csrf = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
    const { start: url = "", lang = document.documentElement.lang || "en", home = "/" } = this.dataset;
    restoreDisplay();
    this.session = new Session({ url, csrf, lang, home }, () => this.requestUpdate());
    void this.session.open();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("visibilitychange", this.onHide);
    window.addEventListener("pagehide", this.onLeave);
    window.addEventListener("beforeunload", this.onClose);
    window.addEventListener("online", this.onOnline);
    window.addEventListener("resize", this.onResize);
    this.addEventListener("focusout", this.onBlur);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session.close();
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("visibilitychange", this.onHide);
    window.removeEventListener("pagehide", this.onLeave);
    window.removeEventListener("beforeunload", this.onClose);
    window.removeEventListener("online", this.onOnline);
    window.removeEventListener("resize", this.onResize);
  }

  private get words(): Words {
    return wordsFor(this.session.lang);
  }

  protected override render(): unknown {
    const { session } = this;
    if (session.gate || !session.attempt) {
      return gatePage(session.gate ?? { kind: "loading" }, session.lang, this.acts());
    }
    const cells = cellsOf(session.attempt, session.view, this.words);
    return html`<p class="vh" aria-live="polite">${this.said}</p>
      ${this.body(session.attempt, cells)}
      <display-menu .size=${this.size()} .languages=${session.languages} lang=${session.lang} @size=${(e: CustomEvent<number>) => session.setSize(e.detail)} @lang=${(e: CustomEvent<string>) => session.setLang(e.detail)}></display-menu>
      <keys-help .on=${this.keysOn} lang=${session.lang} @keys=${(e: CustomEvent<boolean>) => this.switchKeys(e.detail)}></keys-help>`;
  }

  private acts(): GateActs {
    const { session } = this;
    return { again: () => void session.reopen(), take: () => void session.open(true), home: session.start.home };
  }

  private body(attempt: Attempt, cells: Cell[]): TemplateResult {
    if (attempt.phase === "moved" || attempt.phase === "handed_in" || attempt.phase === "closed") return endPage(attempt, this.session.lang, this.acts());
    const main = () => {
      if (attempt.phase === "sealed") return html`<div class="exam-scroll">${endPage(attempt, this.session.lang, this.acts())}</div>`;
      if (attempt.phase === "paused") return this.pausedPage();
      if (this.session.page === "review") return this.review(attempt, cells);
      return attempt.started.form.case ? this.casePage(attempt, cells) : this.questionPage(attempt, cells);
    };
    const state = `${this.palette.collapsed ? "is-collapsed" : ""} ${this.isLow() ? "is-low" : ""}`;
    return html`<a class="skip" href="#question">${attempt.started.form.case ? this.words.skipTask : this.words.skip}</a>
      <div class="exam ${state}" @announce=${(e: CustomEvent<string>) => (this.said = e.detail)} @go=${(e: CustomEvent<string>) => this.goTo(e.detail)} @review=${this.openReview}>
        ${head({ attempt, words: this.words, lang: this.session.lang, languages: this.session.languages, place: this.place(attempt), setLang: (lang) => this.session.setLang(lang), stepSize: (step) => this.stepSize(step), openMenu: () => this.querySelector<DisplayMenu>("display-menu")?.open() })}
        ${main()}
      </div>`;
  }

  private questionPage(attempt: Attempt, cells: Cell[]): TemplateResult {
    const { session, words } = this;
    const { slot } = session.current;
    const place = session.slots.findIndex((each) => each.slot === slot);
    const view = html`<question-view
      .item=${session.item(session.current)}
      .response=${attempt.answers.get(slot) ?? null}
      .order=${session.current.options}
      .struck=${session.view.struck?.[slot] ?? []}
      .number=${place + 1}
      .flagged=${session.view.flags?.includes(slot) ?? false}
      .transfers=${session.uploads?.of(slot) ?? []}
      .storedAt=${session.uploads?.storedAt ?? {}}
      lang=${session.lang}
      @answer=${(e: CustomEvent<AnswerDetail>) => session.answer(slot, e.detail.response, e.detail.typing)}
      @strike=${(e: CustomEvent<StrikeDetail>) => session.strike(slot, e.detail.struck)}
      @file=${(e: CustomEvent<ChosenFile>) => this.upload(slot, e.detail)}
      @flag=${() => session.toggleFlag([slot])}
      @clear=${() => session.answer(slot, null, false)}
    ></question-view>`;
    return html`<div class="exam-body">
      <main class="exam-main" id="question" ?inert=${this.palette.sheet}>
        <div class="exam-scroll">
          <article class="question">
            <div class="question-banners">${this.banners(attempt, cells, false)}</div>
            ${keyed(slot, view)}
          </article>
        </div>
        ${foot({ words, item: session.item(session.current), isFirst: place === 0, isLast: place === session.slots.length - 1, keysOn: this.keysOn, step: (by) => this.step(by), openPalette: this.palette.open })}
      </main>
      <question-palette id="palette" .cells=${cells} .sheet=${this.palette.sheet} lang=${session.lang} @palette-close=${this.palette.close}></question-palette>
      <div class="scrim ${this.palette.sheet ? "is-on" : ""}" aria-hidden="true" @click=${this.palette.close}></div>
    </div>`;
  }

  private casePage(attempt: Attempt, cells: Cell[]): TemplateResult {
    const { session } = this;
    return html`<case-view
      id="question"
      .session=${session}
      .attempt=${attempt}
      .version=${attempt.ledger.lastSeq}
      .banners=${this.banners(attempt, cells, false)}
      lang=${session.lang}
      @file=${(e: CustomEvent<ChosenFile & { slot: string }>) => this.upload(e.detail.slot, e.detail)}
    ></case-view>`;
  }

  private review(attempt: Attempt, cells: Cell[]): TemplateResult {
    const { session } = this;
    const asks = new Map(session.slots.map((slot) => [slot.slot, plainText(textIn(session.item(slot).stem, session.lang))]));
    return html`<div class="exam-scroll">
      <main class="page stack" id="question">
        ${this.banners(attempt, cells, true)}
        <review-page
          .cells=${cells}
          .asks=${asks}
          .back=${{ slot: session.current.slot, label: this.backLabel(attempt) }}
          .practical=${attempt.started.form.case !== null}
          .uploading=${session.uploads?.hasWork() ?? false}
          lang=${session.lang}
          @hand-in=${() => attempt.handIn()}
        ></review-page>
      </main>
    </div>`;
  }

  private pausedPage(): TemplateResult {
    return html`<div class="exam-scroll"><main class="page page-narrow stack" id="question">${banner("info", "pause", this.words.paused, this.words.pausedSaved)}</main></div>`;
  }

  private banners(attempt: Attempt, cells: Cell[], long: boolean): TemplateResult {
    const close = (id: number) => {
      this.closedNotices.add(id);
      this.requestUpdate();
    };
    return banners({ attempt, words: this.words, lang: this.session.lang, cells, long, closed: this.closedNotices, close });
  }

  private place(attempt: Attempt): string {
    const { session, words } = this;
    if (attempt.phase !== "open") return "";
    if (session.page === "review") return words.placeReview;
    const inTask = taskOf(attempt.started, session.current.slot);
    if (inTask) return words.placeTask(inTask.n, attempt.started.form.case?.tasks.length ?? 0);
    return words.place(session.slots.findIndex(({ slot }) => slot === session.current.slot) + 1, session.slots.length);
  }

  private backLabel(attempt: Attempt): string {
    const { slot } = this.session.current;
    const inTask = taskOf(attempt.started, slot);
    return inTask ? this.words.backToTask(inTask.n) : this.words.backTo(this.session.slots.findIndex((each) => each.slot === slot) + 1);
  }

  protected override updated(): void {
    const { attempt } = this.session;
    if (attempt) document.title = this.place(attempt) || plainText(textIn(attempt.started.paper.title, this.session.lang));
    const ended = attempt?.phase === "handed_in";
    if (ended && !this.wasEnded) location.assign(attempt.receipt?.url ?? attempt.started.links.receipt);
    this.wasEnded = ended;
  }

  private size(): number {
    return this.session.view.zoom ?? USUAL_SIZE;
  }

  private stepSize(step: number): void {
    const size = Math.min(5, Math.max(1, this.size() + step));
    this.session.setSize(size);
    this.said = this.words.sizeIs(size);
  }

  private switchKeys(on: boolean): void {
    this.keysOn = on;
    keep("exam-keys", on ? "on" : "off");
  }

  private upload(slot: string, { file, replaces }: ChosenFile): void {
    void this.session.uploads?.add(slot, this.session.item({ slot, item: this.itemId(slot) }), file, replaces);
  }

  private itemId(slot: string): string {
    return this.session.slots.find((each) => each.slot === slot)?.item ?? slot;
  }

  private goTo(slot: string): void {
    this.palette.leave();
    this.session.goTo(slot);
    void this.showTop(slot);
  }

  private step(by: number): void {
    const { slots, current } = this.session;
    const next = slots[slots.findIndex(({ slot }) => slot === current.slot) + by];
    if (next) this.goTo(next.slot);
    else if (by > 0) this.openReview();
  }

  private openReview = (): void => {
    this.palette.leave();
    this.session.showReview();
    void this.showTop("");
  };

  /** After a change of place: the top of the new page, and focus on its heading. */
  private async showTop(slot: string): Promise<void> {
    await this.updateComplete;
    await Promise.all([...this.querySelectorAll<LightElement>("question-view, review-page, case-view")].map((part) => part.updateComplete));
    this.querySelector(".exam-scroll")?.scrollTo(0, 0);
    if (this.isLow()) this.querySelector("#question")?.scrollIntoView();
    const caseView = this.querySelector<CaseView>("case-view");
    if (caseView && slot) await caseView.showTask();
    const part = slot ? this.querySelector<HTMLElement>(`[data-part="${CSS.escape(slot)}"] h3`) : null;
    (part ?? this.querySelector<HTMLElement>("h1[tabindex]"))?.focus();
  }

  /** Where the window is low for the size of the text, nothing is pinned. */
  private isLow(): boolean {
    return window.innerHeight < LOW_REM * rem();
  }

  private onResize = (): void => this.requestUpdate();

  private onKey = (event: KeyboardEvent): void => {
    const { attempt, page } = this.session;
    if (!attempt || attempt.phase !== "open" || page !== "question" || this.palette.sheet) return;
    if (!this.keysOn && event.key !== "?") return;
    const choice = attempt.started.form.case ? null : this.querySelector<ChoiceItem>("choice-item");
    const act = this.keys.read(event, event.target as Element | null, choice?.placeCount() ?? 0);
    if (!act) return;
    event.preventDefault();
    if (act.act === "choose") choice?.choosePlace(act.place);
    else if (act.act === "strike") choice?.strikePlace(act.place);
    else if (act.act === "flag") this.session.toggleFlag(this.session.shownWith(this.session.current.slot));
    else if (act.act === "help") this.querySelector<KeysHelp>("keys-help")?.open();
    else if (act.act === "palette" && attempt.started.form.case) this.openReview();
    else if (act.act === "palette") this.palette.toggle();
    else this.stepByKey(attempt, act.act === "next" ? 1 : -1);
  };

  /** By keys one moves a question, or in a practical a task, on; never into the review by accident. */
  private stepByKey(attempt: Attempt, by: number): void {
    const { slots, current } = this.session;
    const tasks = attempt.started.form.case?.tasks;
    const inTask = taskOf(attempt.started, current.slot);
    const next = tasks && inTask ? tasks[inTask.n - 1 + by]?.parts[0] : slots[slots.indexOf(current) + by]?.slot;
    if (next) this.goTo(next);
  }

  private onBlur = (event: FocusEvent): void => {
    if ((event.target as Element | null)?.matches("input, textarea")) this.session.attempt?.flush();
  };

  private onHide = (): void => {
    if (document.visibilityState === "hidden") this.session.attempt?.flush(true);
    else this.session.attempt?.retryNow();
  };

  private onLeave = (): void => {
    this.session.attempt?.flush(true);
  };

  /** The browser asks before it closes a page that holds answers the centre does not have. */
  private onClose = (event: BeforeUnloadEvent): void => {
    const { attempt } = this.session;
    if (attempt?.mayCarry() && attempt.waiting().size > 0) event.preventDefault();
  };

  private onOnline = (): void => {
    this.session.attempt?.retryNow();
  };
}

customElements.define("exam-player", ExamPlayer);
