import { LitElement, type PropertyDeclarations } from "lit";
import { plainText, textIn, type Choice, type Json, type PublicItem, type Text } from "../model";
import { wordsFor, type Words } from "../words";

export interface AnswerDetail {
  response: Json;
  /** True while the candidate is still typing: the answer may change again at once. */
  typing: boolean;
}
export interface StrikeDetail {
  struck: string[];
}

/**
 * What all item elements share: the item, the answer so far, the language, and the way an answer is told.
 *
 * They draw into the page itself, so that the site's styles apply, and can be set by attributes holding JSON
 * (`<choice-item item="…" response="…" lang="en" readonly>`), so that pages without script of their own can use them.
 */
export abstract class ItemElement extends LitElement {
  static override properties: PropertyDeclarations = {
    item: { type: Object },
    response: { type: Object },
    order: { type: Array },
    struck: { type: Array },
    lang: { type: String },
    labelledBy: { attribute: "labelled-by" },
    readonly: { type: Boolean },
    compact: { type: Boolean },
  };

  declare item: PublicItem;
  declare response: Json | undefined;
  /** The candidate's order of what is shuffled, as ids. */
  declare order: string[] | undefined;
  declare struck: string[];
  declare labelledBy: string;
  declare readonly: boolean;
  declare compact: boolean;

  constructor() {
    super();
    this.struck = [];
    this.lang = "en";
    this.labelledBy = "";
    this.readonly = false;
    this.compact = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected get words(): Words {
    return wordsFor(this.lang);
  }

  protected text(text: Text | undefined): string {
    return textIn(text, this.lang);
  }

  protected plain(text: Text | undefined): string {
    return plainText(this.text(text));
  }

  /** An id that no other element of the page has. */
  protected uid(part: string): string {
    return `${this.item.id}-${part}`.replace(/[^\w-]/g, "_");
  }

  /** Choices in the candidate's order; any the order does not name follow at the end. */
  protected inOrder(choices: Choice[]): Choice[] {
    const order = this.order ?? [];
    const place = (choice: Choice) => (order.includes(choice.id) ? order.indexOf(choice.id) : order.length);
    return [...choices].sort((a, b) => place(a) - place(b));
  }

  protected tell(response: Json, typing = false): void {
    if (this.readonly) return;
    this.response = response;
    const detail: AnswerDetail = { response, typing };
    this.dispatchEvent(new CustomEvent("answer", { detail, bubbles: true, composed: true }));
  }

  protected announce(message: string): void {
    this.dispatchEvent(new CustomEvent("announce", { detail: message, bubbles: true, composed: true }));
  }
}

/** The letter of a place: A, B, C … */
export function letterAt(place: number): string {
  return String.fromCharCode(65 + place);
}

/** An answer that is a map, such as left entry to right entry. */
export function asMap(response: Json | undefined): Record<string, string> {
  const isMap = response !== null && typeof response === "object" && !Array.isArray(response);
  return isMap ? (response as Record<string, string>) : {};
}

/** The map with one entry changed; an empty one is no answer. */
export function withEntry(map: Record<string, string>, key: string, value: string): Json {
  const next = { ...map, [key]: value };
  const entries = Object.entries(next).filter(([, entry]) => entry !== "");
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}
