import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { Attempt } from "../engine/attempt";
import "../exhibits/exhibit-view";
import { inline } from "../exhibits/exhibit-view";
import type { Spans } from "../exhibits/highlighter";
import { icon } from "../icon";
import type { AnswerDetail, StrikeDetail } from "../items/item-element";
import "../items/item-view";
import { isAnswered, plainText, textIn, type Exhibit, type PublicCase, type PublicItem } from "../model";
import { wordsFor, type Words } from "../words";
import { taskOf } from "./cells";
import { LightElement } from "./light";
import { kindLine } from "./question-view";
import type { Session } from "./session";

const USUAL_SPLIT = 55;
const LEAST = 30;
const MOST = 70;

/** A case: the exhibits beside the task, with a grip between; below 64 rem one of them, with a switch. */
export class CaseView extends LightElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    attempt: { attribute: false },
    version: { attribute: false },
    banners: { attribute: false },
    lang: {},
    shown: { state: true },
    side: { state: true },
    full: { state: true },
  };

  declare session: Session;
  declare attempt: Attempt;
  /** Changes with every answer, so that what depends on answers is drawn anew. */
  declare version: number;
  declare banners: TemplateResult;
  declare shown: string;
  declare side: "exhibits" | "task";
  declare full: boolean;
  private readonly scrolled = new Map<string, number>();

  constructor() {
    super();
    this.shown = "";
    this.side = "exhibits";
    this.full = false;
  }

  protected override render(): unknown {
    const words = wordsFor(this.lang);
    const inTask = taskOf(this.attempt.started, this.session.current.slot);
    const theCase = this.attempt.started.form.case;
    if (!theCase || !inTask) return nothing;
    const exhibit = theCase.exhibits.find(({ id }) => id === this.shown) ?? theCase.exhibits[0];
    const side = (name: "exhibits" | "task", word: string) =>
      html`<button type="button" aria-pressed=${this.side === name} @click=${() => this.show(name)}>${word}</button>`;
    return html`<div class="exam-body">
      <main class="exam-main">
        <div class="case-frame">
          <div class="case-switch">
            ${this.side === "task" ? html`<h1 class="vh">${plainText(textIn(theCase.title, this.lang))}</h1>` : nothing}
            <div class="seg" role="group" aria-label="${words.exhibits}, ${words.taskWord}">${side("exhibits", words.exhibits)}${side("task", words.taskWord)}</div>
          </div>
          <div class="split shows-${this.side} ${this.full ? "is-full" : ""}">
            ${this.exhibits(theCase, exhibit, words)} ${this.grip(words)} ${this.task(inTask.n, inTask.task.parts, words)}
          </div>
        </div>
        ${this.foot(theCase, inTask.n, words)}
      </main>
    </div>`;
  }

  private exhibits(theCase: PublicCase, exhibit: Exhibit | undefined, words: Words): TemplateResult {
    return html`<section class="pane pane-exhibits" aria-labelledby="case-title">
      <div class="case-head">
        <h1 id="case-title">${unsafeHTML(inline(textIn(theCase.title, this.lang)))}</h1>
        <div class="case-scenario">${unsafeHTML(textIn(theCase.scenario, this.lang))}</div>
      </div>
      <div class="tabs" role="tablist" aria-label=${words.exhibits} @keydown=${(event: KeyboardEvent) => this.moveTab(event, theCase.exhibits)}>
        ${theCase.exhibits.map((each) => this.tab(each, each === exhibit))}
      </div>
      ${exhibit ? this.panel(exhibit, words) : nothing}
    </section>`;
  }

  private tab({ id, tab }: Exhibit, selected: boolean): TemplateResult {
    return html`<button class="tab" role="tab" type="button" id="tab-${id}" aria-selected=${selected} aria-controls="exhibit-panel" tabindex=${selected ? 0 : -1} @click=${() => this.open(id)}>
      <span class="tab-letter">${id}</span>${plainText(textIn(tab, this.lang))}
    </button>`;
  }

  private panel(exhibit: Exhibit, words: Words): TemplateResult {
    const key = `${exhibit.id}:${this.lang}`;
    const spans = this.session.view.highlights?.[key] ?? [];
    const setSpans = ({ detail }: CustomEvent<Spans>) => this.session.look({ highlights: { ...this.session.view.highlights, [key]: detail } });
    return html`<div class="pane-scroll exhibit" id="exhibit-panel" role="tabpanel" aria-label=${words.exhibit(exhibit.id)} tabindex="0" @scroll=${(event: Event) => this.scrolled.set(exhibit.id, (event.target as Element).scrollTop)}>
      <exhibit-view .exhibit=${exhibit} .spans=${spans} .full=${this.full} lang=${this.lang} @spans=${setSpans} @full=${() => (this.full = !this.full)}></exhibit-view>
    </div>`;
  }

  private grip(words: Words): TemplateResult {
    return html`<div
      class="split-grip"
      role="separator"
      tabindex="0"
      aria-orientation="vertical"
      aria-valuenow=${this.split()}
      aria-valuemin=${LEAST}
      aria-valuemax=${MOST}
      aria-label=${words.widthOfExhibits}
      @keydown=${this.gripKey}
      @pointerdown=${this.gripDown}
    ></div>`;
  }

  private task(n: number, parts: string[], words: Words): TemplateResult {
    const marks = parts.reduce((sum, slot) => sum + Number(this.itemIn(slot).marks ?? 0), 0);
    const flagged = parts.every((slot) => this.session.view.flags?.includes(slot));
    const title = plainText(textIn(this.attempt.started.form.case?.tasks[n - 1]?.title, this.lang));
    return html`<section class="pane pane-task" aria-labelledby="task-title">
      <div class="task-head">
        <div>
          <h2 id="task-title">${words.task(n)}${title ? html`<span class="task-name">${title}</span>` : nothing}</h2>
          <p class="hint">${words.taskLine(parts.length, String(marks))}</p>
        </div>
        <button class="btn flag" type="button" aria-pressed=${flagged} @click=${() => this.session.toggleFlag(parts)}>${icon("flag")}${flagged ? words.flagged : words.flag}</button>
      </div>
      <div class="pane-scroll"><div class="question-banners">${this.banners}</div>${repeat(parts, (slot) => slot, (slot) => this.partView(slot, words))}</div>
    </section>`;
  }

  private itemIn(slot: string): PublicItem {
    return this.session.item(this.session.slots.find((each) => each.slot === slot) ?? { slot, item: slot });
  }

  private partView(slot: string, words: Words): TemplateResult {
    const item = this.itemIn(slot);
    const letter = slot.split("/").pop() ?? "";
    const id = `part-${slot.replace(/\W/g, "-")}`;
    const response = this.attempt.answers.get(slot) ?? null;
    const clearable = isAnswered(response) && !["files", "written", "numeric", "short_text", "multiple_choice"].includes(item.type);
    const { session } = this;
    return html`<section class="part" data-part=${slot} aria-labelledby=${id}>
      <div class="part-head">
        <h3 id=${id} tabindex="-1">${letter}. ${unsafeHTML(inline(textIn(item.stem, this.lang)))}</h3>
        ${item.marks === undefined ? nothing : html`<span class="marks">${words.marks(String(item.marks))}</span>`}
      </div>
      <div class="part-text">${item.context ? unsafeHTML(textIn(item.context, this.lang)) : this.kind(item)}</div>
      <item-view
        bare
        compact
        .item=${item}
        .response=${response}
        .order=${session.slots.find((each) => each.slot === slot)?.options}
        .struck=${session.view.struck?.[slot] ?? []}
        .transfers=${session.uploads?.of(slot) ?? []}
        .storedAt=${session.uploads?.storedAt ?? {}}
        .labelledBy=${id}
        lang=${this.lang}
        @answer=${(e: CustomEvent<AnswerDetail>) => session.answer(slot, e.detail.response, e.detail.typing)}
        @strike=${(e: CustomEvent<StrikeDetail>) => session.strike(slot, e.detail.struck)}
        @file=${(e: CustomEvent<object>) => this.passFile(e, slot)}
      ></item-view>
      ${clearable ? html`<button class="btn btn-quiet part-clear" type="button" @click=${() => session.answer(slot, null, false)}>${words.clear}</button>` : nothing}
    </section>`;
  }

  private kind(item: PublicItem): TemplateResult | typeof nothing {
    const { marks: _, ...unmarked } = item;
    return item.type === "files" || item.type === "written" ? nothing : html`<p>${kindLine(unmarked, this.lang)}</p>`;
  }

  private passFile(event: CustomEvent<object>, slot: string): void {
    event.stopPropagation();
    this.emit("file", { ...event.detail, slot });
  }

  private foot(theCase: PublicCase, n: number, words: Words): TemplateResult {
    const before = theCase.tasks[n - 2]?.parts[0];
    const after = theCase.tasks[n]?.parts[0];
    const parts = theCase.tasks[n - 1]?.parts ?? [];
    const review = () => this.emit("review");
    return html`<nav class="exam-foot case-foot" aria-label=${words.previousNextTask}>
      ${before ? html`<button class="btn btn-secondary" type="button" @click=${() => this.emit("go", before)}>${icon("left")}${words.task(n - 1)}</button>` : html`<span class="foot-space"></span>`}
      <p class="keys">${parts.map((slot) => html`<span>${this.progress(slot, words)}</span>`)}</p>
      ${after ? html`<button class="btn btn-quiet foot-review" type="button" @click=${review}>${words.reviewAndHandIn}</button>` : nothing}
      ${after
        ? html`<button class="btn btn-primary" type="button" @click=${() => this.emit("go", after)}>${words.task(n + 1)}${icon("right")}</button>`
        : html`<button class="btn btn-primary" type="button" @click=${review}>${words.reviewAndHandIn}</button>`}
    </nav>`;
  }

  private progress(slot: string, words: Words): string {
    const letter = slot.split("/").pop() ?? "";
    const response = this.attempt.answers.get(slot) ?? null;
    const { type } = this.itemIn(slot);
    if (!isAnswered(response)) return words.partOpen(letter);
    if (type === "multiple_choice") return words.partChosen(letter, (response as string[]).length);
    if (type === "files") return words.partFiles(letter, (response as unknown[]).length);
    return type === "written" ? words.partWork(letter) : words.partDone(letter);
  }

  private split(): number {
    return Math.min(MOST, Math.max(LEAST, this.session.view.split ?? USUAL_SPLIT));
  }

  private setSplit(percent: number): void {
    this.session.look({ split: Math.round(Math.min(MOST, Math.max(LEAST, percent))) });
    this.requestUpdate();
  }

  private gripKey = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowLeft: this.split() - 2, ArrowRight: this.split() + 2, Home: LEAST, End: MOST };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.setSplit(next);
  };

  private gripDown = (event: PointerEvent): void => {
    const grip = event.currentTarget as HTMLElement;
    const frame = grip.parentElement?.getBoundingClientRect();
    if (!frame) return;
    grip.setPointerCapture(event.pointerId);
    const move = ({ clientX }: PointerEvent) => this.setSplit(((clientX - frame.left) / frame.width) * 100);
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), { once: true });
  };

  private moveTab(event: KeyboardEvent, exhibits: Exhibit[]): void {
    const now = exhibits.findIndex(({ id }) => id === (this.shown || exhibits[0]?.id));
    const places: Record<string, number> = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: exhibits.length - 1 };
    const next = exhibits[((places[event.key] ?? -1) + exhibits.length) % exhibits.length];
    if (!(event.key in places) || !next) return;
    event.preventDefault();
    this.open(next.id);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus());
  }

  private open(id: string): void {
    this.shown = id;
    void this.updateComplete.then(() => this.querySelector("#exhibit-panel")?.scrollTo(0, this.scrolled.get(id) ?? 0));
  }

  /** After a change of task: below 64 rem the task comes to the front. */
  async showTask(): Promise<void> {
    this.side = "task";
    await this.updateComplete;
  }

  /** Below 64 rem both sides share one scroller; each goes back to where it was. */
  private show(side: "exhibits" | "task"): void {
    const split = this.querySelector(".split");
    this.scrolled.set(`side:${this.side}`, split?.scrollTop ?? 0);
    this.side = side;
    void this.updateComplete.then(() => split?.scrollTo(0, this.scrolled.get(`side:${side}`) ?? 0));
  }

  protected override updated(): void {
    const split = this.querySelector<HTMLElement>(".split");
    split?.style.setProperty("--exhibits", `${this.split()}fr`);
    split?.style.setProperty("--task", `${100 - this.split()}fr`);
  }
}

customElements.define("case-view", CaseView);
