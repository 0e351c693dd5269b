import { html, nothing, type TemplateResult } from "lit";
import type { Attempt } from "../engine/attempt";
import { timeOfDay } from "../format";
import { icon } from "../icon";
import { plainText, textIn } from "../model";
import type { Words } from "../words";
import type { Cell } from "./cells";

type Tone = "info" | "warn" | "danger";

/** One thing that is true; in Chinese no space stands after the full stop. */
export function banner(tone: Tone, shape: string, strong: string, rest: unknown = "", more: unknown = nothing, tool: unknown = nothing): TemplateResult {
  return html`<div class="banner banner-${tone}" role=${tone === "danger" ? "alert" : "status"}>
    ${icon(shape)}
    <div><p><strong>${strong}</strong>${/[\u3000-\uffef]$/.test(strong) ? "" : " "}${rest}</p>${more}</div>
    ${tool}
  </div>`;
}

export interface BannerParts {
  attempt: Attempt;
  words: Words;
  lang: string;
  cells: Cell[];
  /** The long form says what waits and since when; the short one stands above a question. */
  long: boolean;
  closed: Set<number>;
  close: (id: number) => void;
}

/** What is true now and changes what the candidate does next, the gravest first. */
export function banners(parts: BannerParts): TemplateResult {
  const { attempt, words } = parts;
  return html`${attempt.ledger.storageWorks ? nothing : banner("danger", "alert", words.cannotSave, words.cannotSaveRest)}
    ${attempt.online ? nothing : offline(parts)} ${refused(parts)}
    ${attempt.lateSaves > 0 ? banner("warn", "clock", words.late) : nothing} ${messages(parts)}`;
}

function offline({ attempt, words, long }: BannerParts): TemplateResult {
  if (!long) return banner("warn", "offline", words.offlineBanner, "", html`<p class="small">${words.offlineShort}</p>`);
  const since = html`<p class="small muted">${words.lastContact(timeOfDay(attempt.lastContactMs))}</p>`;
  return banner("warn", "offline", words.offlineBanner, words.offlineKept(attempt.waiting().size), since);
}

function refused({ attempt, words, cells }: BannerParts): TemplateResult | typeof nothing {
  if (attempt.refused.size === 0) return nothing;
  const places = cells.filter(({ slot }) => attempt.refused.has(slot)).map(({ name }) => name);
  return banner("warn", "alert", words.refused(places.join(", ")), words.refusedRest);
}

/** Added time and notes stay until they are closed: they are read by people, not by a clock. */
function messages({ attempt, words, lang, closed, close }: BannerParts): TemplateResult[] {
  const open = attempt.notices.filter(({ id, kind }) => (kind === "time_added" || kind === "note") && !closed.has(id));
  const lastAdded = open.findLast(({ kind }) => kind === "time_added");
  return open.map((notice) => {
    const tool = html`<button class="btn btn-icon banner-close" type="button" aria-label=${words.closeMessage} @click=${() => close(notice.id)}>${icon("close")}</button>`;
    if (notice.kind === "note") return banner("info", "message", words.noteFrom, plainText(textIn(notice.text, lang)), nothing, tool);
    const end = notice === lastAdded ? words.newEnd(timeOfDay(attempt.deadlineMs)) : "";
    return banner("info", "clock", words.timeAdded(notice.minutes ?? 0), end, nothing, tool);
  });
}
