import { html, nothing, type TemplateResult } from "lit";
import { readNumber, type Reading } from "../engine/number";
import { plainText, type Json, type Text } from "../model";
import type { Words } from "../words";

/** What is sent for a number: the words of the candidate, once they can be read in one way only. */
export function numberResponse(typed: string, { locale, unit }: { locale?: string; unit?: Text }): { response: Json; reading: Reading } {
  const units = typeof unit === "string" ? [unit] : Object.values(unit ?? {});
  const reading = readNumber(typed, locale, units.map(plainText));
  return { response: reading.kind === "number" ? typed.trim() : null, reading };
}

/** What to say about a number that cannot be read, or nothing. */
export function numberError(reading: Reading, words: Words): string | null {
  if (reading.kind === "unreadable") return words.numberError;
  return reading.kind === "ambiguous" ? words.numberAmbiguous(...reading.readings) : null;
}

export interface NumberField {
  id: string;
  label: string;
  hint: string;
  typed: string;
  error: string | null;
  readonly: boolean;
  compact: boolean;
  onTyping: (typed: string) => void;
  onLeave: (typed: string) => void;
}

/** One number field: label, hint, and the error under it that says how to put it right. */
export function numberField(field: NumberField): TemplateResult {
  const describedBy = [field.hint && `${field.id}-hint`, field.error && `${field.id}-error`].filter(Boolean).join(" ");
  const input = html`<input
    class="input number"
    id=${field.id}
    inputmode="decimal"
    autocomplete="off"
    spellcheck="false"
    aria-label=${field.compact ? field.label : nothing}
    aria-invalid=${field.error ? "true" : nothing}
    aria-describedby=${describedBy || nothing}
    .value=${field.typed}
    ?readonly=${field.readonly}
    @input=${(event: Event) => field.onTyping((event.target as HTMLInputElement).value)}
    @change=${(event: Event) => field.onLeave((event.target as HTMLInputElement).value)}
  />`;
  const error = field.error ? html`<span class="error" id="${field.id}-error" role="alert">${field.error}</span>` : nothing;
  if (field.compact) return html`<span class="gap-field ${field.error ? "is-error" : ""}">${input}${error}</span>`;
  return html`<div class="field number-field ${field.error ? "is-error" : ""}">
    <label for=${field.id}>${field.label}</label>
    ${input} ${error}
    ${field.hint ? html`<p class="hint" id="${field.id}-hint">${field.hint}</p>` : nothing}
  </div>`;
}
