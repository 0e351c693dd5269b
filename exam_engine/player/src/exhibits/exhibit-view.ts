import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { icon } from "../icon";
import { plainText, textIn, type Exhibit, type Text } from "../model";
import { LightElement } from "../shell/light";
import { wordsFor } from "../words";
import { bars } from "./bars";
import { calendar } from "./calendar";
import { textWidth } from "./drawing";
import { canHighlight, offsetIn, paint, rangesOf, toggleSpan, withoutSpanAt, type Spans } from "./highlighter";
import { lines } from "./lines";
import { relations } from "./relations";

const DRAWINGS: Partial<Record<Exhibit["kind"], true>> = { relations: true, bars: true, lines: true, calendar: true };

/** A column with a cell wider than this, in letters' heights, is one of sentences: it is not pressed into single words. */
const LONG_CELL = 16;

/** One exhibit: a table, a thread of messages, a document or a drawing; with a highlighter of one's own. */
export class ExhibitView extends LightElement {
  static override properties: PropertyDeclarations = {
    exhibit: { type: Object },
    spans: { attribute: false },
    full: { type: Boolean },
    plainOnly: { type: Boolean, attribute: "plain-only" },
    lang: {},
    marking: { state: true },
  };

  declare exhibit: Exhibit;
  declare spans: Spans;
  declare full: boolean;
  /** Without the tools, as authors and markers see it. */
  declare plainOnly: boolean;
  declare marking: boolean;

  constructor() {
    super();
    this.spans = [];
    this.full = false;
    this.plainOnly = false;
    this.marking = false;
  }

  protected override render(): unknown {
    const { exhibit } = this;
    return html`<div class="exhibit-head">
        <div>
          <h2>${unsafeHTML(inline(this.text(exhibit.title ?? exhibit.tab)))}</h2>
          ${exhibit.note ? html`<div class="exhibit-note">${unsafeHTML(this.text(exhibit.note))}</div>` : nothing}
        </div>
        ${this.plainOnly ? nothing : this.tools()}
      </div>
      ${this.marking ? html`<p class="hint exhibit-hint" role="status">${wordsFor(this.lang).highlightHint}</p>` : nothing}
      <div class="exhibit-body ${this.marking ? "is-marking" : ""}" @pointerup=${this.mark} @keyup=${this.mark}>${this.body()}</div>`;
  }

  private text(text: Text | undefined): string {
    return textIn(text, this.lang);
  }

  private tools(): TemplateResult {
    const words = wordsFor(this.lang);
    const { kind } = this.exhibit;
    const markable = canHighlight() && !DRAWINGS[kind];
    const full = this.full ? words.normalWidth : words.fullWidth;
    return html`<div class="exhibit-tools">
      ${markable && this.spans.length > 0 ? html`<button class="btn btn-icon" type="button" aria-label=${words.clearHighlights} @click=${() => this.emit("spans", [])}>${icon("trash")}</button>` : nothing}
      ${markable ? html`<button class="btn btn-icon" type="button" aria-pressed=${this.marking} aria-label=${words.highlight} @click=${this.startMarking}>${icon("marker")}</button>` : nothing}
      <button class="btn btn-icon exhibit-full" type="button" aria-pressed=${this.full} aria-label=${full} @click=${() => this.emit("full")}>${icon("expand")}</button>
    </div>`;
  }

  private body(): TemplateResult {
    const { exhibit, lang } = this;
    const words = wordsFor(lang);
    const name = plainText(this.text(exhibit.title ?? exhibit.tab));
    switch (exhibit.kind) {
      case "table":
        return this.table(exhibit, name);
      case "thread":
        return html`<div class="mails">${exhibit.messages.map((message) => this.message(message))}</div>`;
      case "relations":
        return scrolling(name, relations(exhibit, name, lang, words));
      case "bars":
        return scrolling(name, bars(exhibit, name, lang, words));
      case "lines":
        return scrolling(name, lines(exhibit, name, lang, words));
      case "calendar":
        return scrolling(name, calendar(exhibit, name, lang, words));
      default:
        return html`<div class="document">${unsafeHTML(this.text(exhibit.text))}</div>`;
    }
  }

  private table({ columns, rows }: Extract<Exhibit, { kind: "table" }>, name: string): TemplateResult {
    const isLong = columns.map((_, n) => rows.some((row) => textWidth(plainText(this.text(row[n])), 1) > LONG_CELL));
    const style = (column: number) => {
      const { align, nowrap } = columns[column] ?? {};
      return `${align === "end" ? "num" : ""} ${nowrap ? "nowrap" : ""} ${isLong[column] ? "long" : ""}`;
    };
    const cell = (text: Text, column: number) => html`<td class=${style(column)}>${unsafeHTML(inline(this.text(text)))}</td>`;
    return scrolling(
      name,
      html`<table class="table">
        <caption class="vh">${name}</caption>
        <thead><tr>${columns.map(({ title }, n) => html`<th scope="col" class=${style(n)}>${unsafeHTML(inline(this.text(title)))}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
      </table>`,
    );
  }

  private message(message: { from: Text; to?: Text; at?: Text; text: Text }): TemplateResult {
    const plain = (text: Text | undefined) => plainText(this.text(text));
    return html`<article class="mail">
      <header class="mail-head">
        <strong>${plain(message.from)}</strong><time>${plain(message.at)}</time>
        ${message.to ? html`<span>${wordsFor(this.lang).to(plain(message.to))}</span>` : nothing}
      </header>
      <div class="mail-body">${unsafeHTML(this.text(message.text))}</div>
    </article>`;
  }

  protected override updated(): void {
    const body = this.querySelector(".exhibit-body");
    if (body && !this.plainOnly) paint(rangesOf(body, this.spans));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (!this.plainOnly) paint([]);
  }

  /** What is selected already is highlighted at once; otherwise the next selection is. */
  private startMarking = (): void => {
    if (this.takeSelection()) return;
    this.marking = !this.marking;
  };

  private mark = (event: Event): void => {
    if (!this.marking || this.takeSelection()) return;
    const selection = getSelection();
    const body = this.querySelector(".exhibit-body");
    if (event.type !== "pointerup" || !selection?.anchorNode || !body?.contains(selection.anchorNode)) return;
    const spans = withoutSpanAt(this.spans, offsetIn(body, selection.anchorNode, selection.anchorOffset));
    if (spans.length < this.spans.length) this.emit("spans", spans);
  };

  private takeSelection(): boolean {
    const selection = getSelection();
    const body = this.querySelector(".exhibit-body");
    if (!selection || selection.isCollapsed || selection.rangeCount === 0 || !body) return false;
    const range = selection.getRangeAt(0);
    if (!body.contains(range.commonAncestorContainer)) return false;
    const start = offsetIn(body, range.startContainer, range.startOffset);
    const end = offsetIn(body, range.endContainer, range.endOffset);
    this.emit("spans", toggleSpan(this.spans, [start, end]));
    selection.removeAllRanges();
    return true;
  }
}

/** What may be wider than its place scrolls there, by keyboard too. */
function scrolling(name: string, content: TemplateResult): TemplateResult {
  return html`<div class="exhibit-scroll" tabindex="0" role="group" aria-label=${name}>${content}</div>`;
}

/** One paragraph loses its element, so that it can stand in a heading or a cell. */
export function inline(markup: string): string {
  const single = /^\s*<p>((?:(?!<\/?p>)[\s\S])*)<\/p>\s*$/.exec(markup);
  return single?.[1] ?? markup;
}

customElements.define("exhibit-view", ExhibitView);
