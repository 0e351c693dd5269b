import { html, nothing, type TemplateResult } from "lit";
import { isAnswered, type PublicItem, type Slot, type Started, type Task, type View } from "../model";
import type { Attempt } from "../engine/attempt";
import type { Words } from "../words";

/** One place of the paper as palette, review and legend show it. */
export interface Cell {
  slot: string;
  /** What stands in the box: a number, or task and part such as 2b. */
  mark: string;
  name: string;
  answered: boolean;
  seen: boolean;
  flagged: boolean;
  device: boolean;
  current: boolean;
}

/** The task a slot belongs to and its part's letter; null in a theory paper. */
export function taskOf(started: Started, slot: string): { task: Task; n: number; part: string } | null {
  const tasks = started.form.case?.tasks ?? [];
  const n = tasks.findIndex((task) => task.parts.includes(slot));
  const task = tasks[n];
  return task ? { task, n: n + 1, part: slot.split("/").pop() ?? "" } : null;
}

export function itemOf(started: Started, slot: Slot): PublicItem {
  const { items } = started.form;
  return items[slot.item] ?? items[slot.slot] ?? { id: slot.slot, type: "short_text" };
}

export function cellsOf(attempt: Attempt, view: View, words: Words): Cell[] {
  const waiting = attempt.waiting();
  const files = attempt.alsoWaiting();
  return attempt.started.order.slots.map(({ slot }, place) => {
    const inTask = taskOf(attempt.started, slot);
    return {
      slot,
      mark: inTask ? `${inTask.n}${inTask.part}` : String(place + 1),
      name: inTask ? words.partIn(inTask.n, inTask.part) : words.question(place + 1),
      answered: isAnswered(attempt.answers.get(slot)) || files.has(slot),
      seen: (view.seen ?? []).includes(slot),
      flagged: (view.flags ?? []).includes(slot),
      device: waiting.has(slot),
      current: view.current === slot,
    };
  });
}

function classOf(cell: Cell): string {
  const state = cell.answered ? "cell-answered" : cell.seen ? "cell-seen" : "cell-unseen";
  return `cell ${state} ${cell.flagged ? "cell-flag" : ""} ${cell.device ? "cell-device" : ""}`;
}

function labelOf(cell: Cell, words: Words): string {
  const state = cell.answered ? words.stateAnswered : cell.seen ? words.stateNotAnswered : words.stateNotSeen;
  const states = [state, ...(cell.flagged ? [words.stateFlagged] : []), ...(cell.device ? [words.stateDevice] : [])];
  return words.cell(cell.name, states);
}

export function cellButton(cell: Cell, words: Words, go: (slot: string) => void, showCurrent = true): TemplateResult {
  return html`<button
    class=${classOf(cell)}
    type="button"
    aria-label=${labelOf(cell, words)}
    aria-current=${cell.current && showCurrent ? "true" : nothing}
    @click=${() => go(cell.slot)}
  >
    <span class="cell-box">${cell.mark}${cell.device ? html`<i></i>` : nothing}</span>
  </button>`;
}

/** Each state with its sign and its count; the last only where something waits. */
export function legend(cells: Cell[], words: Words, style: "legend" | "figures"): TemplateResult {
  const count = (test: (cell: Cell) => boolean) => cells.filter(test).length;
  const device = count((cell) => cell.device);
  const answered: [string, string, number] = ["cell-answered", words.answered, count((cell) => cell.answered)];
  const open: [string, string, number] = ["cell-seen", words.notAnswered, count((cell) => cell.seen && !cell.answered)];
  const unseen: [string, string, number] = ["cell-unseen", words.notSeen, count((cell) => !cell.seen && !cell.answered)];
  const flagged: [string, string, number] = ["cell-seen cell-flag", words.flagged, count((cell) => cell.flagged)];
  const entries = style === "legend" ? [answered, open, flagged, unseen] : [answered, open, unseen, flagged];
  if (device > 0) entries.push(["cell-answered cell-device", words.deviceOnly, device]);
  const bar = (sign: string) => (sign.includes("device") ? html`<i></i>` : nothing);
  return html`<ul class=${style}>
    ${entries.map(([sign, word, n]) => html`<li><span class="cell cell-s ${sign}" aria-hidden="true"><span class="cell-box">${bar(sign)}</span></span>${word} <b>${n}</b></li>`)}
  </ul>`;
}
