import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import "./choice-item";
import "./cloze-item";
import { ItemElement } from "./item-element";
import "./matching-item";
import "./matrix-item";
import "./numeric-item";
import "./ordering-item";
import "./text-item";
import "./upload-field";
import type { Transfer } from "./upload-field";
import "./written-item";

/** A whole item: the situation, the question, and the element its type is answered with. */
export class ItemView extends ItemElement {
  static override properties: PropertyDeclarations = {
    ...ItemElement.properties,
    transfers: { attribute: false },
    storedAt: { attribute: false },
    bare: { type: Boolean },
  };

  declare transfers: Transfer[];
  declare storedAt: Record<string, number>;
  /** Only the part one answers with; situation and question stand elsewhere on the page. */
  declare bare: boolean;

  constructor() {
    super();
    this.transfers = [];
    this.storedAt = {};
    this.bare = false;
  }

  protected override render(): unknown {
    if (!this.item) return nothing;
    if (this.bare) return this.answerPart(this.labelledBy);
    const id = this.uid("stem");
    return html`<div class="stem" id=${id}>
        ${this.item.context ? html`<div class="stem-context">${unsafeHTML(this.text(this.item.context))}</div>` : nothing}
        <div class="ask">${unsafeHTML(this.text(this.item.stem))}</div>
      </div>
      ${this.answerPart(id)}`;
  }

  /** The element of the item's type; the only place that knows which type has which element. */
  private answerPart(labelledBy: string): TemplateResult {
    const { item, response, order, struck, lang, readonly, compact } = this;
    switch (item.type) {
      case "matching":
      case "categorising":
        return html`<matching-item .item=${item} .response=${response} .order=${order} .lang=${lang} .readonly=${readonly} .labelledBy=${labelledBy}></matching-item>`;
      case "matrix":
        return html`<matrix-item .item=${item} .response=${response} .lang=${lang} .readonly=${readonly} .labelledBy=${labelledBy}></matrix-item>`;
      case "ordering":
        return html`<ordering-item .item=${item} .response=${response} .order=${order} .lang=${lang} .readonly=${readonly} .labelledBy=${labelledBy}></ordering-item>`;
      case "numeric":
        return html`<numeric-item .item=${item} .response=${response} .lang=${lang} .readonly=${readonly}></numeric-item>`;
      case "short_text":
        return html`<text-item .item=${item} .response=${response} .lang=${lang} .readonly=${readonly}></text-item>`;
      case "cloze":
        return html`<cloze-item .item=${item} .response=${response} .lang=${lang} .readonly=${readonly} .labelledBy=${labelledBy}></cloze-item>`;
      case "written":
        return html`<written-item .item=${item} .response=${response} .lang=${lang} .readonly=${readonly} .labelledBy=${labelledBy}></written-item>`;
      case "files":
        return html`<upload-field .item=${item} .response=${response} .lang=${lang} .readonly=${readonly} .labelledBy=${labelledBy} .transfers=${this.transfers} .storedAt=${this.storedAt}></upload-field>`;
      default:
        return html`<choice-item .item=${item} .response=${response} .order=${order} .struck=${struck} .lang=${lang} .readonly=${readonly} .compact=${compact} .labelledBy=${labelledBy}></choice-item>`;
    }
  }
}

customElements.define("item-view", ItemView);
