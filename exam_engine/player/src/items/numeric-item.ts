import type { PropertyDeclarations } from "lit";
import { ItemElement } from "./item-element";
import { numberError, numberField, numberResponse } from "./number-field";

/** A number. What cannot be read, or can be read in two ways, is refused here, not marked wrong in silence. */
export class NumericItem extends ItemElement {
  static override properties: PropertyDeclarations = { ...ItemElement.properties, typed: { state: true }, error: { state: true } };

  declare typed: string | null;
  declare error: string | null;

  constructor() {
    super();
    this.typed = null;
    this.error = null;
  }

  protected override render(): unknown {
    const unit = this.plain(this.item.unit);
    return numberField({
      id: this.uid("number"),
      label: unit ? this.words.numberIn(unit) : this.words.number,
      hint: this.item.decimals === undefined ? "" : this.words.decimals(this.item.decimals),
      typed: this.typed ?? String(this.response ?? ""),
      error: this.error,
      readonly: this.readonly,
      compact: false,
      onTyping: (typed) => this.take(typed, false),
      onLeave: (typed) => this.take(typed, true),
    });
  }

  /** While typing only what can be read is told; on leaving the field, what cannot be read clears the answer. */
  private take(typed: string, leaving: boolean): void {
    const { response, reading } = numberResponse(typed, this.item);
    this.typed = typed;
    this.error = leaving ? numberError(reading, this.words) : null;
    if (leaving || response !== null || reading.kind === "empty") this.tell(response, !leaving);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("item") && changed.get("item") !== undefined) this.forget();
    if (changed.has("response") && this.response === null && !this.error && this.typed !== null && !this.contains(document.activeElement)) this.forget();
  }

  private forget(): void {
    this.typed = null;
    this.error = null;
  }
}

customElements.define("numeric-item", NumericItem);
