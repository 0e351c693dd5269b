import { html, nothing, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icon";
import type { Choice, Json } from "../model";
import { ItemElement, letterAt, type StrikeDetail } from "./item-element";

const SHORT = 18;

/** One answer, several answers, or true and false. Letters are those of the places, A to H. */
export class ChoiceItem extends ItemElement {
  protected override render(): unknown {
    const choices = this.choices();
    const short = this.compact && this.isMultiple() && choices.every(({ text }) => this.plain(text).length <= SHORT);
    return html`<fieldset class=${short ? "ticks" : "options"} aria-labelledby=${this.labelledBy || nothing}>
        ${repeat(choices, ({ id }) => id, (choice, place) => (short ? this.tick(choice) : this.row(choice, place)))}
      </fieldset>
      ${this.countNote()}`;
  }

  /** Chooses, or takes back, the answer at a place, as its key does. */
  choosePlace(place: number): void {
    const choice = this.choices()[place];
    if (choice) this.choose(choice.id, this.isMultiple() ? !this.isChosen(choice.id) : true);
  }

  strikePlace(place: number): void {
    const choice = this.choices()[place];
    if (choice) this.strike(choice.id);
  }

  placeCount(): number {
    return this.choices().length;
  }

  private choices(): Choice[] {
    if (this.item.type !== "true_false") return this.inOrder(this.item.options ?? []);
    return [
      { id: "true", text: this.words.true },
      { id: "false", text: this.words.false },
    ];
  }

  private isMultiple(): boolean {
    return this.item.type === "multiple_choice";
  }

  private chosen(): string[] {
    if (Array.isArray(this.response)) return this.response as string[];
    return this.response === null || this.response === undefined ? [] : [String(this.response)];
  }

  private isChosen(id: string): boolean {
    return this.chosen().includes(id);
  }

  private row(choice: Choice, place: number): TemplateResult {
    const letter = letterAt(place);
    const struck = this.struck.includes(choice.id);
    const label = struck ? this.words.restore(letter) : this.words.crossOut(letter);
    return html`<div class="option ${struck ? "is-struck" : ""}">
      <label class="option-label">
        ${this.input(choice)}
        <span class="option-key">${letter}</span>
        <span class="option-text">${unsafeHTML(this.text(choice.text))}</span>
      </label>
      ${this.readonly
        ? nothing
        : html`<button class="btn btn-icon option-strike" type="button" aria-pressed=${struck} aria-label=${label} @click=${() => this.strike(choice.id)}>
            ${icon(struck ? "undo" : "strike")}
          </button>`}
    </div>`;
  }

  private tick(choice: Choice): TemplateResult {
    return html`<label class="tick">${this.input(choice)}<span>${unsafeHTML(this.text(choice.text))}</span></label>`;
  }

  private input(choice: Choice): TemplateResult {
    return html`<input
      class="check-box"
      type=${this.isMultiple() ? "checkbox" : "radio"}
      name=${this.uid("choice")}
      value=${choice.id}
      .checked=${this.isChosen(choice.id)}
      ?disabled=${this.readonly}
      @change=${(event: Event) => this.choose(choice.id, (event.target as HTMLInputElement).checked)}
    />`;
  }

  private choose(id: string, on: boolean): void {
    if (this.struck.includes(id)) this.strike(id);
    this.tell(this.isMultiple() ? this.severalWith(id, on) : this.single(id));
  }

  private single(id: string): Json {
    return this.item.type === "true_false" ? id === "true" : id;
  }

  /** The answers chosen, in the order of the item, so that the same choice is always the same answer. */
  private severalWith(id: string, on: boolean): Json {
    const chosen = new Set(this.chosen());
    if (on) chosen.add(id);
    else chosen.delete(id);
    const ids = (this.item.options ?? []).map((option) => option.id).filter((option) => chosen.has(option));
    return ids.length > 0 ? ids : null;
  }

  private strike(id: string): void {
    if (this.readonly) return;
    const struck = this.struck.includes(id) ? this.struck.filter((other) => other !== id) : [...this.struck, id];
    this.struck = struck;
    const detail: StrikeDetail = { struck };
    this.dispatchEvent(new CustomEvent("strike", { detail, bubbles: true, composed: true }));
  }

  private countNote(): TemplateResult | typeof nothing {
    const { min = 0, max = Number.POSITIVE_INFINITY } = this.item.choose ?? {};
    const n = this.chosen().length;
    if (!this.isMultiple() || n === 0 || this.readonly) return nothing;
    if (n > max) return html`<p class="item-note warn strong" role="status">${this.words.chosenTooMany(n, max)}</p>`;
    return n < min ? html`<p class="item-note muted" role="status">${this.words.chosenTooFew(n, min)}</p>` : nothing;
  }
}

customElements.define("choice-item", ChoiceItem);
