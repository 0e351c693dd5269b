import { html, type TemplateResult } from "lit";
import type { Attempt } from "../engine/attempt";
import { icon } from "../icon";
import { plainText, textIn } from "../model";
import type { Words } from "../words";
import { languageButtons } from "./display-menu";
import "./exam-timer";
import "./save-state";

export interface HeadParts {
  attempt: Attempt;
  words: Words;
  lang: string;
  languages: string[];
  place: string;
  setLang: (lang: string) => void;
  stepSize: (step: number) => void;
  openMenu: () => void;
}

/** The head of the exam: paper, place, timer, save state, and the display tools. */
export function head({ attempt, words, lang, languages, place, setLang, stepSize, openMenu }: HeadParts): TemplateResult {
  const { title, short_title } = attempt.started.paper;
  const name = plainText(textIn(title, lang));
  return html`<header class="exam-head">
    <div class="exam-id">
      <p class="exam-paper"><span class="exam-long">${name}</span><span class="exam-short">${plainText(textIn(short_title, lang)) || name}</span></p>
      <p class="exam-place">${place}</p>
    </div>
    <exam-timer .remaining=${() => attempt.remainingMs()} lang=${lang}></exam-timer>
    <div class="exam-tools">
      <save-state .state=${attempt.saveState()} lang=${lang}></save-state>
      <div class="seg" role="group" aria-label=${words.languageGroup}>${languageButtons(languages, lang, setLang)}</div>
      <div class="tool-group" role="group" aria-label=${words.displayGroup}>
        <button class="btn btn-icon" type="button" aria-label=${words.smaller} @click=${() => stepSize(-1)}><span class="size-less" aria-hidden="true">A</span></button>
        <button class="btn btn-icon" type="button" aria-label=${words.larger} @click=${() => stepSize(1)}><span class="size-more" aria-hidden="true">A</span></button>
        <button class="btn btn-icon" type="button" aria-label=${words.displayMenu} aria-haspopup="dialog" @click=${openMenu}>${icon("contrast")}</button>
        <button class="btn btn-icon tool-menu" type="button" aria-label=${words.allMenu} aria-haspopup="dialog" @click=${openMenu}>
          <span aria-hidden="true"><span class="size-less">A</span><span class="size-more">A</span></span>
        </button>
      </div>
    </div>
  </header>`;
}
