import { html, type PropertyDeclarations, type TemplateResult } from "lit";
import { icon } from "../icon";
import { wordsFor, type Words } from "../words";
import { LightElement } from "./light";

/** The list of keys, where they can be switched off. */
export class KeysHelp extends LightElement {
  static override properties: PropertyDeclarations = { on: { type: Boolean }, lang: {} };

  declare on: boolean;

  constructor() {
    super();
    this.on = true;
  }

  open(): void {
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): unknown {
    const words = wordsFor(this.lang);
    const close = () => this.querySelector("dialog")?.close();
    return html`<dialog class="sheet-dialog" aria-labelledby="keys-title">
      <div class="menu-head">
        <h2 id="keys-title">${words.keysTitle}</h2>
        <button class="btn btn-icon" type="button" aria-label=${words.close} @click=${close}>${icon("close")}</button>
      </div>
      <dl class="dl keys-list">${rows(words)}</dl>
      <label class="check">
        <input class="check-box" type="checkbox" .checked=${this.on} @change=${(event: Event) => this.emit("keys", (event.target as HTMLInputElement).checked)} />
        <span>${words.keysOn}</span>
      </label>
      <p class="hint">${words.keysNote}</p>
    </dialog>`;
  }
}

function rows(words: Words): TemplateResult {
  const key = (name: string) => html`<kbd>${name}</kbd>`;
  const list: [unknown, string][] = [
    [html`${key("A")}–${key("H")}`, words.keysChooseLong],
    [html`${key("X")} ${words.keysThen} ${key("A")}–${key("H")}`, words.keysCrossLong],
    [key("F"), words.keysFlagLong],
    [html`${key("←")} ${key("→")}`, words.keysMoveLong],
    [key("P"), words.keysPaletteLong],
    [key("?"), words.keysHelpLong],
  ];
  return html`${list.map(([keys, said]) => html`<dt>${keys}</dt><dd>${said}</dd>`)}`;
}

customElements.define("keys-help", KeysHelp);
