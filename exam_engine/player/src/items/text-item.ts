import { html, nothing } from "lit";
import { ItemElement } from "./item-element";

/** A short answer of one line. */
export class TextItem extends ItemElement {
  protected override render(): unknown {
    const typed = String(this.response ?? "");
    const most = this.item.max_length;
    const left = most === undefined ? undefined : most - typed.length;
    return html`<div class="field text-field">
      <label for=${this.uid("text")}>${this.words.answer}</label>
      <input
        class="input"
        id=${this.uid("text")}
        autocomplete="off"
        spellcheck="false"
        maxlength=${most ?? nothing}
        .value=${typed}
        ?readonly=${this.readonly}
        @input=${(event: Event) => this.take(event, true)}
        @change=${(event: Event) => this.take(event, false)}
      />
      ${left !== undefined && left <= 20 ? html`<p class="hint" role="status">${this.words.charsLeft(left)}</p>` : nothing}
    </div>`;
  }

  private take(event: Event, typing: boolean): void {
    const text = (event.target as HTMLInputElement).value.toWellFormed();
    this.tell(text === "" ? null : text, typing);
  }
}

customElements.define("text-item", TextItem);
