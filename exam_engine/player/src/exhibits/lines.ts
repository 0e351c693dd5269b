import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Series, type Text, type TimedEvent } from "../model";
import type { Words } from "../words";
import { columnFor, DRAWING_WIDTH, px, textWidth, ticksBetween, wrap } from "./drawing";

const HEIGHT = 236;
const SIZE = 13;
const ROW = 17;
const MARK = 20;
const NAMES = 150;
const SWATCH = 26;

export interface Lines {
  unit?: Text;
  target?: number | string;
  times: Text[];
  series: Series[];
  events?: TimedEvent[];
}
interface Scale {
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: (time: number) => number;
  y: (value: number) => number;
}
/** What stands beside the end of a line. */
interface Name {
  said: string;
  style: string;
  value: number;
}

/** What was measured over a time, as lines against a threshold; each line has its own dash, and events are numbered. */
export function lines(exhibit: Lines, name: string, lang: string, words: Words): TemplateResult {
  const { unit, target, times, series, events = [] } = exhibit;
  const aim = target === undefined ? undefined : Number(target);
  const values = series.flatMap((each) => each.values.filter((value) => value !== null));
  const marks = ticksBetween(Math.min(...values, aim ?? Infinity), Math.max(...values, aim ?? -Infinity));
  const named = namesOf(exhibit, aim, lang, words);
  const column = columnFor(named.map(({ said }) => said), NAMES, SIZE);
  const rows = eventRows(events, times.length, DRAWING_WIDTH - column - SWATCH - 60);
  const scale = scaleOf(marks, times.length, column, Math.max(0, ...rows.map((row) => row + 1)));
  return html`<svg class="chart" viewBox="0 0 ${DRAWING_WIDTH} ${scale.bottom + 34}" role="img" aria-label="${name}. ${summary(exhibit, aim, lang, words)}">
      <text x=${px(scale.left)} y="14">${textIn(unit, lang)}</text>
      ${marks.map((mark) => grid(mark, scale))} ${hours(times, scale, lang)}
      ${aim === undefined ? nothing : svg`<path class="target" d="M${px(scale.left)} ${px(scale.y(aim))}H${px(scale.right)}"/>`}
      ${events.map(({ at }, n) => svg`<path class="event" d="M${px(scale.x(at))} ${markAt(rows[n], scale)}V${scale.bottom}"/>`)}
      ${events.map(({ at }, n) => eventMark(n, scale.x(at), markAt(rows[n], scale)))}
      ${series.map((each, n) => line(each, n, scale))} ${names(named, column, scale)}
    </svg>
    ${events.length > 0 ? html`<ol class="chart-events">${events.map(({ at, text }) => html`<li><strong>${textIn(times[at], lang)}</strong> ${textIn(text, lang)}</li>`)}</ol>` : nothing}`;
}

function scaleOf(marks: number[], count: number, column: number, markRows: number): Scale {
  const least = marks[0] ?? 0;
  const most = marks.at(-1) ?? 1;
  const left = Math.max(...marks.map((mark) => textWidth(String(mark), SIZE))) + 14;
  const right = DRAWING_WIDTH - column - SWATCH;
  const top = 30 + MARK * markRows;
  const bottom = top + HEIGHT;
  return {
    left,
    right,
    top,
    bottom,
    x: (time) => left + (time / (count - 1)) * (right - left),
    y: (value) => bottom - ((value - least) / (most - least)) * HEIGHT,
  };
}

function grid(mark: number, { left, right, y }: Scale): SVGTemplateResult {
  return svg`<path class="grid" d="M${px(left)} ${px(y(mark))}H${px(right)}"/><text x=${px(left - 8)} y=${px(y(mark) + 4)} text-anchor="end">${mark}</text>`;
}

/** As many times as fit beside each other, the first always among them. */
function hours(times: Text[], { left, right, bottom, x }: Scale, lang: string): SVGTemplateResult[] {
  const widest = Math.max(...times.map((time) => textWidth(textIn(time, lang), SIZE))) + 16;
  const every = Math.max(1, Math.ceil(((times.length - 1) * widest) / (right - left)));
  return times.flatMap((time, n) =>
    n % every === 0 ? [svg`<text x=${px(x(n))} y=${bottom + 22} text-anchor="middle">${textIn(time, lang)}</text>`] : [],
  );
}

/** A line, broken where nothing was measured; a value alone between two gaps is a point. */
function line({ values }: Series, place: number, { x, y }: Scale): SVGTemplateResult {
  const path = values
    .map((value, n) => (value === null ? "" : `${n === 0 || values[n - 1] === null ? "M" : "L"}${px(x(n))} ${px(y(value))}`))
    .join("");
  const alone = values.flatMap((value, n) => (value !== null && (values[n - 1] ?? null) === null && (values[n + 1] ?? null) === null ? [[x(n), y(value)]] : []));
  return svg`<path class="line line-${place}" d=${path}/>${alone.map(([cx, cy]) => svg`<circle class="point" cx=${px(cx ?? 0)} cy=${px(cy ?? 0)} r="3"/>`)}`;
}

/** The threshold has its name in the same column as the lines, where nothing runs through it. */
function namesOf({ target, series }: Lines, aim: number | undefined, lang: string, words: Words): Name[] {
  const measured = series.map(({ title, values }, place) => ({
    said: textIn(title, lang),
    style: `line line-${place}`,
    value: values.findLast((value) => value !== null) ?? 0,
  }));
  return aim === undefined ? measured : [...measured, { said: words.target(String(target)), style: "target", value: aim }];
}

/** Names beside the last values, pushed apart where they would meet, in their order from above. */
function names(named: Name[], column: number, { right, top, bottom, y }: Scale): SVGTemplateResult[] {
  const ends = named.map((each) => ({ ...each, rows: wrap(each.said, column, SIZE * 1.06), at: y(each.value) })).sort((a, b) => a.at - b.at);
  let below = ends.reduce((sum, { rows }) => sum + ROW * rows.length + 3, 0);
  let free = top;
  return ends.map(({ style, rows, at }) => {
    const stand = Math.max(free, Math.min(at, bottom + 8 - below));
    const height = ROW * rows.length + 3;
    free = stand + height;
    below -= height;
    return svg`<path class=${style} d="M${px(right + 4)} ${px(stand)}h14"/>${rows.map((row, n) => svg`<text class="t-strong" x=${px(right + 22)} y=${px(stand + 4 + ROW * n)}>${row}</text>`)}`;
  });
}

/** The row above the drawing for each event's number: a higher one where it would touch another. */
export function eventRows(events: TimedEvent[], count: number, width: number): number[] {
  const placed: { x: number; row: number }[] = [];
  for (const { at } of events) {
    const x = (at / Math.max(1, count - 1)) * width;
    let row = 0;
    while (placed.some((other) => other.row === row && Math.abs(other.x - x) < MARK)) row += 1;
    placed.push({ x, row });
  }
  return placed.map(({ row }) => row);
}

function markAt(row: number | undefined, { top }: Scale): number {
  return top - 18 - MARK * (row ?? 0);
}

function eventMark(place: number, x: number, y: number): SVGTemplateResult {
  return svg`<circle class="event-mark" cx=${px(x)} cy=${px(y)} r="9"/><text class="event-number" x=${px(x)} y=${px(y + 4)} text-anchor="middle">${place + 1}</text>`;
}

/** Every value in words: what somebody who does not see the drawing needs for the same conclusions. */
function summary({ times, series, events = [] }: Lines, aim: number | undefined, lang: string, words: Words): string {
  const at = (n: number) => textIn(times[n], lang);
  const measured = series.map(({ title, values }) => {
    const said = values.map((value, n) => `${at(n)} ${value ?? words.notMeasured}`);
    return `${textIn(title, lang)}: ${said.join(", ")}`;
  });
  const happened = events.map((event) => `${at(event.at)} ${textIn(event.text, lang)}`);
  return [...(aim === undefined ? [] : [words.target(String(aim))]), ...measured, ...happened].join(". ");
}
