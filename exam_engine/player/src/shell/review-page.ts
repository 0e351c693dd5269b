import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import { icon } from "../icon";
import { wordsFor } from "../words";
import { cellButton, legend, type Cell } from "./cells";
import { LightElement } from "./light";

/** The last look before handing in: every place, what is open, what is flagged, and the declaration. */
export class ReviewPage extends LightElement {
  static override properties: PropertyDeclarations = {
    cells: { attribute: false },
    asks: { attribute: false },
    back: { attribute: false },
    practical: { type: Boolean },
    uploading: { type: Boolean },
    lang: {},
    isMissing: { state: true },
  };

  declare cells: Cell[];
  /** The question of each slot, as plain text. */
  declare asks: Map<string, string>;
  declare back: { slot: string; label: string };
  declare practical: boolean;
  declare uploading: boolean;
  declare isMissing: boolean;

  constructor() {
    super();
    this.cells = [];
    this.asks = new Map();
    this.back = { slot: "", label: "" };
    this.practical = false;
    this.uploading = false;
    this.isMissing = false;
  }

  protected override render(): unknown {
    const words = wordsFor(this.lang);
    const open = this.cells.filter(({ answered }) => !answered);
    const flagged = this.cells.filter((cell) => cell.flagged);
    const go = (slot: string) => this.emit("go", slot);
    return html`<header class="page-head">
        <h1 tabindex="-1">${words.reviewTitle}</h1>
        <p>${this.practical ? words.reviewLeadTasks : words.reviewLead}</p>
      </header>
      <section class="stack" aria-label=${words.allQuestions}>
        ${legend(this.cells, words, "figures")}
        <nav class="cells cells-wide" aria-label=${words.questions}>${this.cells.map((cell) => cellButton(cell, words, go, false))}</nav>
      </section>
      <div class="review-lists">
        ${this.list(words.withoutAnswer(open.length), words.noneWithout, open)} ${this.list(words.flaggedByYou(flagged.length), words.noneFlagged, flagged)}
      </div>
      ${this.declaration()}`;
  }

  private list(title: string, none: string, cells: Cell[]): TemplateResult {
    if (cells.length === 0) return html`<section><h2>${title}</h2><p class="muted review-none">${none}</p></section>`;
    return html`<section>
      <h2>${title}</h2>
      <nav class="link-rows" aria-label=${title}>${cells.map((cell) => this.row(cell))}</nav>
    </section>`;
  }

  private row({ slot, mark, seen, answered }: Cell): TemplateResult {
    const ask = seen || answered ? html`<span>${this.asks.get(slot)}</span>` : html`<span class="muted">${wordsFor(this.lang).notOpened}</span>`;
    return html`<button type="button" @click=${() => this.emit("go", slot)}><b>${mark}</b>${ask}${icon("right")}</button>`;
  }

  private declaration(): TemplateResult {
    const words = wordsFor(this.lang);
    const count = this.cells.filter(({ answered }) => answered).length;
    return html`<form class="declare stack" novalidate @submit=${this.handIn}>
      <div class=${this.isMissing ? "is-error" : ""}>
        <label class="check">
          <input class="check-box" type="checkbox" aria-describedby=${this.isMissing ? "tick-first" : nothing} aria-invalid=${this.isMissing ? "true" : nothing} @change=${() => (this.isMissing = false)} />
          <span>${words.declaration}</span>
        </label>
        ${this.isMissing ? html`<p class="error" id="tick-first" role="alert">${icon("alert", "icon-s")}${words.tickFirst}</p>` : nothing}
      </div>
      <div class="actions">
        <button class="btn btn-primary" type="submit">${words.handIn(count)}</button>
        <button class="btn btn-secondary" type="button" @click=${() => this.emit("go", this.back.slot)}>${this.back.label}</button>
      </div>
      ${this.uploading ? html`<p class="seal-note">${icon("upload")}<span>${words.uploadsOpen}</span></p>` : nothing}
      <p class="seal-note">${icon("lock")}<span>${words.sealNote}</span></p>
    </form>`;
  }

  private handIn = (event: Event): void => {
    event.preventDefault();
    const tick = this.querySelector<HTMLInputElement>(".check-box");
    this.isMissing = !tick?.checked;
    if (this.isMissing) tick?.focus();
    else this.emit("hand-in");
  };
}

customElements.define("review-page", ReviewPage);
