import { html, nothing, type TemplateResult } from "lit";
import type { Attempt } from "../engine/attempt";
import type { Problem } from "../engine/api";
import { dayAndTime } from "../format";
import { icon } from "../icon";
import type { Receipt } from "../model";
import { interfaceLang, wordsFor, type Words } from "../words";
import { banner } from "./banners";
import type { Gate } from "./session";

export interface GateActs {
  again: () => void;
  take: () => void;
  home: string;
}

function page(title: string, body: unknown): TemplateResult {
  return html`<main class="page page-narrow stack gate" id="question"><h1 tabindex="-1">${title}</h1>${body}</main>`;
}

/** What stands here when the exam itself does not: opening, refused, or open in another tab. */
export function gatePage(gate: Gate, lang: string, acts: GateActs): TemplateResult {
  const words = wordsFor(lang);
  const again = html`<div class="actions"><button class="btn btn-primary" type="button" @click=${acts.again}>${words.tryAgain}</button><a class="btn btn-secondary" href=${acts.home}>${words.home}</a></div>`;
  if (gate.kind === "loading") return page(words.loading, nothing);
  if (gate.kind === "other_tab") {
    const take = html`<div class="actions"><button class="btn btn-primary" type="button" @click=${acts.take}>${words.moveHere}</button></div>`;
    return page(words.otherTab, html`<p>${words.otherTabRest}</p>${take}`);
  }
  const code = gate.kind === "unreachable" ? "unreachable" : gate.problem.code;
  if (gate.kind === "refused" && code === "open_elsewhere") return elsewhere(words, gate.problem);
  const [title, text] = words.gate[code] ?? words.gate["other"] ?? ["", ""];
  return page(title, html`<p>${text} ${gate.kind === "refused" ? more(gate.problem, lang) : nothing}</p>${gate.kind === "refused" && code === "already_handed_in" ? receiptLink(words, gate.problem["receipt"] as Receipt | undefined, acts.home) : again}`);
}

function more(problem: Problem, lang: string): string {
  const opens = problem["opens_ms"];
  return typeof opens === "number" ? wordsFor(lang).opensAt(dayAndTime(opens, interfaceLang(lang))) : "";
}

function receiptLink(words: Words, receipt: Receipt | undefined, home: string): TemplateResult {
  return html`<div class="actions"><a class="btn btn-primary" href=${receipt?.url ?? home}>${receipt ? words.toReceipt : words.home}</a></div>`;
}

function elsewhere(words: Words, problem: Problem): TemplateResult {
  const code = problem["request"];
  return page(
    words.openElsewhere,
    html`<p>${words.openElsewhereRest}</p>
      ${code === undefined ? nothing : html`<div class="card"><p class="muted">${words.moveCode}</p><p class="move-code">${String(code)}</p></div>`}
      <p class="muted" role="status">${words.moveWait}</p>`,
  );
}

/** The exam moved away, was handed in, sealed or closed: the page says which, and what happens next. */
export function endPage(attempt: Attempt, lang: string, acts: GateActs): TemplateResult {
  const words = wordsFor(lang);
  if (attempt.phase === "moved") {
    const again = html`<div class="actions"><button class="btn btn-primary" type="button" @click=${acts.again}>${words.tryAgain}</button></div>`;
    return page(words.openElsewhere, html`<p>${words.openElsewhereRest}</p>${again}`);
  }
  if (attempt.phase === "closed") {
    const home = html`<div class="actions"><a class="btn btn-primary" href=${acts.home}>${words.home}</a></div>`;
    return page(words.closedTitle, html`<p>${words.closedRest}</p>${home}`);
  }
  if (attempt.phase === "handed_in") return handedIn(attempt, words);
  return page(words.handInTitle, sealed(attempt, words));
}

function sealed(attempt: Attempt, words: Words): TemplateResult {
  const waiting = attempt.waiting().size;
  const count = waiting > 0 ? html`<p class="small muted">${words.waitingNow(waiting)}</p>` : nothing;
  if (attempt.online) return banner("info", "lock", attempt.sealedFor === "time" ? words.timeUpOnline : words.handingIn, words.stayHere, count);
  return banner("warn", "lock", attempt.sealedFor === "time" ? words.timeUp : words.sealed, words.timeUpRest, count);
}

function handedIn({ receipt, started }: Attempt, words: Words): TemplateResult {
  const said = receipt
    ? html`<p class="strong">${words.handedInNumber(receipt.number)}</p><p class="muted">${words.handedInCount(receipt.answered, receipt.count)}</p>`
    : nothing;
  return html`<main class="page page-narrow stack gate">
    <div class="done">${icon("saved")}<h1 tabindex="-1">${words.handedIn}</h1></div>
    ${said}
    <div class="actions"><a class="btn btn-primary" href=${receipt?.url ?? started.links.receipt}>${words.toReceipt}</a></div>
  </main>`;
}
