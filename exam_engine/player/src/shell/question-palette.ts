import { html, type PropertyDeclarations } from "lit";
import { icon } from "../icon";
import { wordsFor } from "../words";
import { cellButton, legend, type Cell } from "./cells";
import { LightElement } from "./light";

/** All questions and their states: a column at the side, below 64 rem a sheet from the bottom. */
export class QuestionPalette extends LightElement {
  static override properties: PropertyDeclarations = { cells: { attribute: false }, lang: {}, sheet: { type: Boolean } };

  declare cells: Cell[];
  declare sheet: boolean;

  constructor() {
    super();
    this.cells = [];
    this.sheet = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.classList.add("palette");
    this.setAttribute("aria-labelledby", "palette-title");
    this.addEventListener("keydown", this.onKey);
  }

  protected override willUpdate(): void {
    this.classList.toggle("is-open", this.sheet);
    this.setAttribute("role", this.sheet ? "dialog" : "complementary");
    if (this.sheet) this.setAttribute("aria-modal", "true");
    else this.removeAttribute("aria-modal");
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has("sheet") && this.sheet) this.querySelector<HTMLElement>("[aria-current], .palette-head .btn")?.focus();
  }

  protected override render(): unknown {
    const words = wordsFor(this.lang);
    return html`<span class="palette-grip" aria-hidden="true"></span>
      <div class="palette-head">
        <h2 id="palette-title">${words.allQuestions}</h2>
        <button class="btn btn-icon" type="button" aria-label=${words.hideList} @click=${() => this.emit("palette-close")}>
          <span class="palette-aside">${icon("right")}</span><span class="palette-below">${icon("close")}</span>
        </button>
      </div>
      <div class="palette-scroll">
        ${legend(this.cells, words, "legend")}
        <nav class="cells" aria-label=${words.questions}>${this.cells.map((cell) => cellButton(cell, words, (slot) => this.emit("go", slot)))}</nav>
      </div>
      <div class="palette-foot">
        <button class="btn btn-secondary btn-wide" type="button" @click=${() => this.emit("review")}>${words.reviewAndHandIn}</button>
        <p class="meta">${words.comeBack}</p>
      </div>`;
  }

  /** As a sheet it keeps the focus and Esc closes it. */
  private onKey = (event: KeyboardEvent): void => {
    if (!this.sheet) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.emit("palette-close");
    }
    if (event.key !== "Tab") return;
    const stops = [...this.querySelectorAll<HTMLElement>("button")];
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  };
}

customElements.define("question-palette", QuestionPalette);
