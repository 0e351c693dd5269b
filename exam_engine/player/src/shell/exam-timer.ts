import { html, type PropertyDeclarations } from "lit";
import { countdown } from "../format";
import { wordsFor } from "../words";
import { LightElement } from "./light";

const ANNOUNCED_MIN = [10, 5, 1];
const LAST_MS = 5 * 60_000;

/** The time left by the centre's clock. Hiding it silences it for the eye only. */
export class ExamTimer extends LightElement {
  static override properties: PropertyDeclarations = {
    remaining: { attribute: false },
    lang: {},
    isHidden: { state: true },
    left: { state: true },
  };

  declare remaining: () => number;
  declare isHidden: boolean;
  declare left: number;
  private timer = 0;

  constructor() {
    super();
    this.remaining = () => 0;
    this.isHidden = false;
    this.left = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.classList.add("timer");
    this.read();
    this.timer = window.setInterval(() => this.read(), 250);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearInterval(this.timer);
  }

  private read(): void {
    const before = this.left;
    const left = Math.ceil(this.remaining() / 1000) * 1000;
    if (left === before) return;
    this.left = left;
    const passed = ANNOUNCED_MIN.find((minutes) => before > minutes * 60_000 && left <= minutes * 60_000);
    if (passed !== undefined) this.emit("announce", wordsFor(this.lang).minutesLeft(passed));
  }

  protected override willUpdate(): void {
    this.classList.toggle("timer-last", this.left < LAST_MS);
    this.classList.toggle("timer-hidden", this.isHidden);
  }

  protected override render(): unknown {
    const words = wordsFor(this.lang);
    const toggle = () => (this.isHidden = !this.isHidden);
    return html`<span class="timer-label">${this.isHidden ? words.timeHidden : words.timeLeft}</span>
      <span class="timer-value ${this.isHidden ? "vh" : ""}" role="timer">${countdown(this.left)}</span>
      <button class="btn" type="button" @click=${toggle}>
        ${this.isHidden
          ? html`<span class="only-wide">${words.show}</span><span class="only-narrow">${words.showTime}</span>`
          : html`${words.hide}<span class="vh">${words.hideRest}</span>`}
      </button>`;
  }
}

customElements.define("exam-timer", ExamTimer);
