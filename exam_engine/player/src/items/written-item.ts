import { html, svg, type TemplateResult } from "lit";
import { countWords } from "../engine/count";
import type { Bounds } from "../model";
import { ItemElement } from "./item-element";

/** A longer text with its count: to go, inside, or too many; nothing is ever cut. */
export class WrittenItem extends ItemElement {
  protected override render(): unknown {
    const text = String(this.response ?? "");
    return html`<div class="written">
      <textarea
        class="textarea"
        id=${this.uid("written")}
        rows="8"
        aria-labelledby=${this.labelledBy}
        aria-describedby=${this.uid("count")}
        .value=${text}
        ?readonly=${this.readonly}
        @input=${(event: Event) => this.take(event, true)}
        @change=${(event: Event) => this.take(event, false)}
      ></textarea>
      <div class="written-foot"><span>${this.words.plainText}</span>${this.count(countWords(text))}</div>
    </div>`;
  }

  private bounds(): Bounds {
    const words = this.item.words ?? {};
    const own = words[this.lang];
    return typeof own === "object" ? own : (words as Bounds);
  }

  private count(n: number): TemplateResult {
    const { min = 0, max } = this.bounds();
    const over = max !== undefined && n > max;
    const said = over ? this.words.wordsOver(n, n - max) : n < min ? this.words.wordsToGo(n, min - n) : this.words.wordsOnly(n);
    return html`<span class="count ${over ? "is-over" : ""}" id=${this.uid("count")}>${this.bar(n)}${said}</span>`;
  }

  /** The bar ends at the most words allowed; its tick stands at the least. */
  private bar(n: number): TemplateResult | string {
    const { min = 0, max } = this.bounds();
    const end = max ?? min;
    if (end === 0) return "";
    const at = (value: number) => Math.min(200, (value / end) * 200);
    return html`<svg viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="200" height="10" />
      <rect class="fill" width=${at(n)} height="10" />
      ${min > 0 ? svg`<rect class="tickmark" x=${Math.min(197, at(min))} width="3" height="10" />` : ""}
    </svg>`;
  }

  private take(event: Event, typing: boolean): void {
    const text = (event.target as HTMLTextAreaElement).value.toWellFormed();
    this.tell(text === "" ? null : text, typing);
  }
}

customElements.define("written-item", WrittenItem);
