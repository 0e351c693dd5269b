import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icon";
import type { PublicItem } from "../model";
import type { Words } from "../words";

export interface FootParts {
  words: Words;
  item: PublicItem;
  isFirst: boolean;
  isLast: boolean;
  keysOn: boolean;
  step: (by: number) => void;
  openPalette: (event: Event) => void;
}

/** The foot of a question: back, the list of all, the keys, and on; after the last one comes the review. */
export function foot({ words, item, isFirst, isLast, keysOn, step, openPalette }: FootParts): TemplateResult {
  const back = html`<button class="btn btn-secondary" type="button" @click=${() => step(-1)}>${icon("left")}${words.previous}</button>`;
  return html`<nav class="exam-foot" aria-label=${words.previousNext}>
    <div class="exam-foot-inner">
      ${isFirst ? html`<span class="foot-space"></span>` : back}
      <button class="btn btn-quiet btn-palette" type="button" aria-haspopup="dialog" @click=${openPalette}>${icon("grid")}${words.allQuestions}</button>
      ${keysOn ? keysLine(item, words) : nothing}
      <button class="btn btn-primary" type="button" @click=${() => step(1)}>${isLast ? words.reviewAndHandIn : html`${words.next}${icon("right")}`}</button>
    </div>
  </nav>`;
}

/** The keys that act here; F flags only where no answer has that letter. */
function keysLine({ type, options }: PublicItem, words: Words): TemplateResult {
  const count = type === "true_false" ? 2 : Math.min(options?.length ?? 0, 8);
  const last = String.fromCharCode(64 + count);
  const choose = html`<span><kbd>A</kbd>–<kbd>${last}</kbd> ${words.keysChoose}</span><span><kbd>X</kbd> ${words.keysCross}</span>`;
  const flag = html`<span><kbd>F</kbd> ${words.keysFlag}</span>`;
  return html`<p class="keys">${count > 0 ? choose : nothing}${count < 6 ? flag : nothing}<span><kbd>←</kbd> <kbd>→</kbd> ${words.keysMove}</span></p>`;
}
