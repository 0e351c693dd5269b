import { html, nothing, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { Choice } from "../model";
import { asMap, ItemElement, letterAt, withEntry } from "./item-element";

const LONG = 32;

/** A choice for each left entry: matching, and sorting into groups. */
export class MatchingItem extends ItemElement {
  protected override render(): unknown {
    const right = this.inOrder(this.item.right ?? []);
    const lettered = right.some(({ text }) => this.plain(text).length > LONG);
    return html`${lettered ? this.list(right) : nothing}
      <div class="pairs" role="group" aria-labelledby=${this.labelledBy || nothing}>
        ${(this.item.left ?? []).map((left) => this.pair(left, right, lettered))}
      </div>`;
  }

  /** Long texts stand in full above; a closed drop-down would cut them. */
  private list(right: Choice[]): TemplateResult {
    return html`<ol class="pair-list">
      ${right.map(({ text }, place) => html`<li><b class="option-key">${letterAt(place)}</b><span>${unsafeHTML(this.text(text))}</span></li>`)}
    </ol>`;
  }

  private pair(left: Choice, right: Choice[], lettered: boolean): TemplateResult {
    const map = asMap(this.response);
    const id = this.uid(left.id);
    const name = ({ text }: Choice, place: number) => (lettered ? `${letterAt(place)}. ${this.plain(text)}` : this.plain(text));
    return html`<div class="pair ${map[left.id] ? "is-done" : ""}">
      <label class="pair-left" for=${id}>${unsafeHTML(this.text(left.text))}</label>
      <span class="pick">
        <select class="select" id=${id} ?disabled=${this.readonly} @change=${(event: Event) => this.choose(left.id, (event.target as HTMLSelectElement).value)}>
          <option value="" ?selected=${!map[left.id]}>${this.words.choosePair}</option>
          ${right.map((choice, place) => html`<option value=${choice.id} ?selected=${map[left.id] === choice.id}>${name(choice, place)}</option>`)}
        </select>
      </span>
    </div>`;
  }

  private choose(left: string, right: string): void {
    this.tell(withEntry(asMap(this.response), left, right));
  }

  protected override updated(): void {
    const map = asMap(this.response);
    for (const [place, select] of [...this.querySelectorAll("select")].entries()) {
      select.value = map[this.item.left?.[place]?.id ?? ""] ?? "";
    }
  }
}

customElements.define("matching-item", MatchingItem);
