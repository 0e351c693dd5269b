import { html, type PropertyDeclarations, type TemplateResult } from "lit";
import { icon } from "../icon";
import { wordsFor } from "../words";
import { contrastNow, setContrast, setTheme, SIZES, themeNow, type Contrast, type Theme } from "./display";
import { LightElement } from "./light";

/** Language, text size, theme and contrast in one small dialog. */
export class DisplayMenu extends LightElement {
  static override properties: PropertyDeclarations = { size: { type: Number }, languages: { attribute: false }, lang: {} };

  declare size: number;
  declare languages: string[];

  constructor() {
    super();
    this.size = 2;
    this.languages = [];
  }

  open(): void {
    this.requestUpdate();
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): unknown {
    const words = wordsFor(this.lang);
    return html`<dialog class="menu" aria-labelledby="menu-title" @click=${this.onClick}>
      <div class="menu-body">
        <div class="menu-head">
          <h2 id="menu-title">${words.displayGroup}</h2>
          <button class="btn btn-icon" type="button" aria-label=${words.close} @click=${this.close}>${icon("close")}</button>
        </div>
        ${this.languages.length > 1 ? this.group(words.language, languageButtons(this.languages, this.lang, (lang) => this.emit("lang", lang))) : ""}
        ${this.group(words.textSize, html`${SIZES.map((size) => this.sizeButton(size))}`)}
        ${this.group(words.theme, this.themes())} ${this.group(words.contrast, this.contrasts())}
      </div>
    </dialog>`;
  }

  private group(name: string, buttons: TemplateResult): TemplateResult {
    return html`<div class="menu-row"><p class="label">${name}</p><div class="seg" role="group" aria-label=${name}>${buttons}</div></div>`;
  }

  private sizeButton(size: number): TemplateResult {
    const label = wordsFor(this.lang).sizeIs(size);
    return html`<button type="button" aria-pressed=${this.size === size} aria-label=${label} @click=${() => this.emit("size", size)}><span class="size-${size}" aria-hidden="true">A</span></button>`;
  }

  private themes(): TemplateResult {
    const words = wordsFor(this.lang);
    const names: [Theme, string][] = [["system", words.themeSystem], ["light", words.themeLight], ["dark", words.themeDark]];
    return html`${names.map(([theme, name]) => this.choice(themeNow() === theme, name, () => setTheme(theme)))}`;
  }

  private contrasts(): TemplateResult {
    const words = wordsFor(this.lang);
    const names: [Contrast, string][] = [["normal", words.contrastNormal], ["more", words.contrastMore]];
    return html`${names.map(([contrast, name]) => this.choice(contrastNow() === contrast, name, () => setContrast(contrast)))}`;
  }

  private choice(pressed: boolean, name: string, choose: () => void): TemplateResult {
    const press = () => {
      choose();
      this.requestUpdate();
    };
    return html`<button type="button" aria-pressed=${pressed} @click=${press}>${name}</button>`;
  }

  private close = (): void => {
    this.querySelector("dialog")?.close();
  };

  /** A press beside the menu closes it. */
  private onClick = (event: MouseEvent): void => {
    if (event.target === event.currentTarget) this.close();
  };
}

const NAMES: Record<string, string> = { en: "EN", "zh-CN": "中文" };

export function languageButtons(languages: string[], current: string, choose: (lang: string) => void): TemplateResult {
  const sorted = [...languages].sort((a, b) => a.localeCompare(b));
  return html`${sorted.map((lang) => html`<button type="button" lang=${lang} aria-pressed=${lang === current} @click=${() => choose(lang)}>${NAMES[lang] ?? lang}</button>`)}`;
}

customElements.define("display-menu", DisplayMenu);
