import { html, type PropertyDeclarations } from "lit";
import type { SaveState } from "../engine/attempt";
import { timeOfDay } from "../format";
import { icon } from "../icon";
import { wordsFor } from "../words";
import { LightElement } from "./light";

/** Where the answers are, in three phrases only. Said aloud when it changes, not at each save. */
export class SaveStateLine extends LightElement {
  static override properties: PropertyDeclarations = { state: { attribute: false }, lang: {} };

  declare state: SaveState;

  constructor() {
    super();
    this.state = { kind: "centre", at: null };
  }

  protected override willUpdate(): void {
    this.className = `save save-${this.state.kind}`;
  }

  protected override render(): unknown {
    const { state } = this;
    const shape = { centre: "saved", device: "device", offline: "offline" }[state.kind];
    return html`${icon(shape)}<span aria-hidden="true">${this.sentence()}</span><span class="vh" role="status">${this.spoken()}</span>`;
  }

  private spoken(): string {
    const words = wordsFor(this.lang);
    if (this.state.kind === "centre") return this.state.at === null ? words.nothingWaiting : words.savedAtCentre;
    return this.state.kind === "device" ? words.savedOnDevice : words.offlineBanner;
  }

  private sentence(): unknown {
    const words = wordsFor(this.lang);
    const { state } = this;
    if (state.kind === "device") return words.savedOnDevice;
    if (state.kind === "offline") return state.waiting === 0 ? words.offlineNone : words.offline(state.waiting);
    if (state.at === null) return words.nothingWaiting;
    return html`${words.savedAtCentre} <time>${timeOfDay(state.at)}</time>`;
  }
}

customElements.define("save-state", SaveStateLine);
