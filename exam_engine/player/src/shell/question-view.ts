import { html, nothing, type PropertyDeclarations } from "lit";
import { icon } from "../icon";
import "../items/item-view";
import type { Json, PublicItem } from "../model";
import type { Transfer } from "../items/upload-field";
import { wordsFor, type Words } from "../words";
import { LightElement } from "./light";

/** How an item is answered and what it is worth: "Choose one answer. 1 mark." */
export function kindLine(item: PublicItem, lang: string): string {
  const words = wordsFor(lang);
  const marks = item.marks === undefined ? "" : words.marks(String(item.marks));
  const kind = item.type === "multiple_choice" ? chooseLine(item, words) : (words.kind[item.type] ?? "");
  if (lang.startsWith("zh")) return [kind, marks].filter(Boolean).join("，");
  return marks ? `${kind} ${marks}.` : kind;
}

function chooseLine({ choose, options = [] }: PublicItem, words: Words): string {
  const { min, max } = choose ?? {};
  if (min !== undefined && min > 0 && min === max) return words.chooseExactly(min);
  if (min !== undefined && min > 1 && max !== undefined && max < options.length) return words.chooseBetween(min, max);
  if (max !== undefined && max < options.length) return words.chooseUpTo(max);
  return min !== undefined && min > 1 ? words.chooseAtLeast(min) : (words.kind["multiple_choice"] ?? "");
}

/** One question of a theory paper: its head with the flag, the item, and the way to clear the answer. */
export class QuestionView extends LightElement {
  static override properties: PropertyDeclarations = {
    item: { attribute: false },
    response: { attribute: false },
    order: { attribute: false },
    struck: { attribute: false },
    number: { type: Number },
    flagged: { type: Boolean },
    transfers: { attribute: false },
    storedAt: { attribute: false },
    lang: {},
  };

  declare item: PublicItem;
  declare response: Json | undefined;
  declare order: string[] | undefined;
  declare struck: string[];
  declare number: number;
  declare flagged: boolean;
  declare transfers: Transfer[];
  declare storedAt: Record<string, number>;

  protected override render(): unknown {
    const words = wordsFor(this.lang);
    const clear = html`<button class="btn btn-quiet" type="button" @click=${() => this.emit("clear")}>${words.clear}</button>`;
    return html`<div class="question-head">
        <div>
          <h1 tabindex="-1">${words.question(this.number)}</h1>
          <p class="question-kind">${kindLine(this.item, this.lang)}</p>
        </div>
        <button class="btn flag" type="button" aria-pressed=${this.flagged} @click=${() => this.emit("flag")}>${icon("flag")}${this.flagged ? words.flagged : words.flag}</button>
      </div>
      <item-view
        .item=${this.item}
        .response=${this.response}
        .order=${this.order}
        .struck=${this.struck}
        .transfers=${this.transfers}
        .storedAt=${this.storedAt}
        lang=${this.lang}
      ></item-view>
      ${this.item.type === "files" ? nothing : html`<div class="question-foot">${clear}</div>`}`;
  }
}

customElements.define("question-view", QuestionView);
