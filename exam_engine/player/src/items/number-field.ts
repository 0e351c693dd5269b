import { html, nothing, type TemplateResult } from "lit";
import { readNumber, type Reading } from "../engine/number";
import type { Json } from "../model";
import type { Words } from "../words";

/** What is sent for a number: a plain decimal and its unit; as typed where the locale's decimal mark is a comma. */
export function numberResponse(typed: string, locale: string | undefined): { response: Json; reading: Reading } {
  const reading = readNumber(typed, locale);
  if (reading.kind !== "number") return { response: null, reading };
  const comma = locale !== undefined && (1.5).toLocaleString(locale).includes(",");
  const plain = reading.unit ? `${reading.value} ${reading.unit}` : reading.value;
  return { response: comma ? typed.trim() : plain, reading };
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
