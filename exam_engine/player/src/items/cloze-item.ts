import { html, nothing, render, type PropertyDeclarations, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { Gap, Json } from "../model";
import { asMap, ItemElement, withEntry } from "./item-element";
import { numberError, numberField, numberResponse } from "./number-field";

const GAP = /\{\{\s*([A-Za-z0-9][\w.-]*)\s*\}\}/g;

/** A text with gaps: a drop-down, a number or a word in each place. */
export class ClozeItem extends ItemElement {
  static override properties: PropertyDeclarations = { ...ItemElement.properties, typed: { state: true }, errors: { state: true } };

  declare typed: Record<string, string>;
  declare errors: Record<string, string | null>;

  constructor() {
    super();
    this.typed = {};
    this.errors = {};
  }

  protected override render(): unknown {
    const marked = this.text(this.item.text).replace(GAP, '<span data-gap="$1"></span>');
    return html`<div class="cloze" role="group" aria-labelledby=${this.labelledBy || nothing}>${unsafeHTML(marked)}</div>`;
  }

  /** The fields are drawn into the places of the text, which itself stays as it is. */
  protected override updated(): void {
    for (const [place, spot] of [...this.querySelectorAll<HTMLElement>("[data-gap]")].entries()) {
      const name = spot.dataset["gap"] ?? "";
      const gap = this.item.gaps?.[name];
      if (gap) render(this.field(name, gap, this.words.gap(place + 1)), spot);
      const select = spot.querySelector("select");
      if (select) select.value = asMap(this.response)[name] ?? "";
    }
  }

  private field(name: string, gap: Gap, label: string): TemplateResult {
    if (gap.type === "single_choice") return this.dropDown(name, gap, label);
    return gap.type === "numeric" ? this.number(name, gap, label) : this.word(name, gap, label);
  }

  private dropDown(name: string, gap: Gap, label: string): TemplateResult {
    return html`<span class="pick gap-pick">
      <select class="select" aria-label=${label} ?disabled=${this.readonly} @change=${(event: Event) => this.take(name, (event.target as HTMLSelectElement).value)}>
        <option value="">${this.words.choosePair}</option>
        ${(gap.options ?? []).map((option) => html`<option value=${option.id}>${this.plain(option.text)}</option>`)}
      </select>
    </span>`;
  }

  private number(name: string, gap: Gap, label: string): TemplateResult {
    const unit = this.plain(gap.unit);
    const take = (typed: string, leaving: boolean) => {
      const { response, reading } = numberResponse(typed, gap);
      this.typed = { ...this.typed, [name]: typed };
      this.errors = { ...this.errors, [name]: leaving ? numberError(reading, this.words) : null };
      if (leaving || response !== null || reading.kind === "empty") this.take(name, String(response ?? ""), !leaving);
    };
    return numberField({
      id: this.uid(name),
      label: unit ? `${label}, ${unit}` : label,
      hint: "",
      typed: this.typed[name] ?? asMap(this.response)[name] ?? "",
      error: this.errors[name] ?? null,
      readonly: this.readonly,
      compact: true,
      onTyping: (typed) => take(typed, false),
      onLeave: (typed) => take(typed, true),
    });
  }

  private word(name: string, gap: Gap, label: string): TemplateResult {
    const take = (event: Event, typing: boolean) => this.take(name, (event.target as HTMLInputElement).value.toWellFormed(), typing);
    return html`<span class="gap-field">
      <input
        class="input"
        aria-label=${label}
        autocomplete="off"
        spellcheck="false"
        maxlength=${gap.max_length ?? nothing}
        .value=${asMap(this.response)[name] ?? ""}
        ?readonly=${this.readonly}
        @input=${(event: Event) => take(event, true)}
        @change=${(event: Event) => take(event, false)}
      />
    </span>`;
  }

  private take(name: string, value: string, typing = false): void {
    this.tell(withEntry(asMap(this.response), name, value) as Json, typing);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    const cleared = changed.has("response") && this.response === null && !this.contains(document.activeElement);
    if ((changed.has("item") && changed.get("item") !== undefined) || cleared) {
      this.typed = {};
      this.errors = {};
    }
  }
}

customElements.define("cloze-item", ClozeItem);
