import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Series, type Text, type TimedEvent } from "../model";
import type { Words } from "../words";
import { px, textWidth, ticksBetween } from "./drawing";

const WIDTH = 760;
const TOP = 34;
const BOTTOM = 270;
const SIZE = 13;

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
  x: (time: number) => number;
  y: (value: number) => number;
}

/** What was measured over a time, as lines against a threshold; each line has its own dash, and events are numbered. */
export function lines(exhibit: Lines, name: string, lang: string, words: Words): TemplateResult {
  const { unit, target, times, series, events = [] } = exhibit;
  const aim = target === undefined ? undefined : Number(target);
  const values = series.flatMap((each) => each.values.filter((value) => value !== null));
  const marks = ticksBetween(Math.min(...values, aim ?? Infinity), Math.max(...values, aim ?? -Infinity));
  const scale = scaleOf(marks, times, series, lang);
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${BOTTOM + 34}" role="img" aria-label="${name}. ${summary(exhibit, aim, lang, words)}">
      <text x=${px(scale.left)} y="13">${textIn(unit, lang)}</text>
      ${marks.map((mark) => grid(mark, scale))} ${hours(times, scale, lang)}
      ${aim === undefined ? nothing : targetLine(aim, String(target), scale, words)}
      ${events.map((event, n) => eventLine(event.at, n, scale))}
      ${series.map((each, n) => line(each, n, scale))} ${names(series, scale, lang)}
    </svg>
    ${events.length > 0 ? html`<ol class="chart-events">${events.map(({ at, text }) => html`<li><strong>${textIn(times[at], lang)}</strong> ${textIn(text, lang)}</li>`)}</ol>` : nothing}`;
}

function scaleOf(marks: number[], times: Text[], series: Series[], lang: string): Scale {
  const least = marks[0] ?? 0;
  const most = marks.at(-1) ?? 1;
  const left = Math.max(...marks.map((mark) => textWidth(String(mark), SIZE))) + 14;
  const right = WIDTH - Math.min(190, Math.max(...series.map(({ title }) => textWidth(textIn(title, lang), SIZE))) + 22);
  return {
    left,
    right,
    x: (time) => left + (time / (times.length - 1)) * (right - left),
    y: (value) => BOTTOM - ((value - least) / (most - least)) * (BOTTOM - TOP),
  };
}

function grid(mark: number, { left, right, y }: Scale): SVGTemplateResult {
  return svg`<path class="grid" d="M${px(left)} ${px(y(mark))}H${px(right)}"/><text x=${px(left - 8)} y=${px(y(mark) + 4)} text-anchor="end">${mark}</text>`;
}

/** As many times as fit beside each other, the first always among them. */
function hours(times: Text[], { left, right, x }: Scale, lang: string): SVGTemplateResult[] {
  const widest = Math.max(...times.map((time) => textWidth(textIn(time, lang), SIZE))) + 16;
  const every = Math.max(1, Math.ceil((times.length * widest) / (right - left)));
  return times.flatMap((time, n) =>
    n % every === 0 ? [svg`<text x=${px(x(n))} y=${BOTTOM + 20} text-anchor="middle">${textIn(time, lang)}</text>`] : [],
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

/** The lines' names beside their last values, pushed apart where they would meet. */
function names(series: Series[], { right, y }: Scale, lang: string): SVGTemplateResult[] {
  const ends = series
    .map(({ title, values }, place) => ({ place, said: textIn(title, lang), at: y(values.findLast((value) => value !== null) ?? 0) }))
    .sort((a, b) => a.at - b.at);
  const lowest = BOTTOM - 18 * (ends.length - 1);
  let free = TOP;
  return ends.map(({ place, said, at }, n) => {
    const stand = Math.min(Math.max(at, free), lowest + 18 * n);
    free = stand + 18;
    return svg`<path class="line line-${place}" d="M${px(right + 4)} ${px(stand)}h14"/><text class="t-strong" x=${px(right + 22)} y=${px(stand + 4)}>${said}</text>`;
  });
}

function targetLine(aim: number, said: string, { left, right, y }: Scale, words: Words): SVGTemplateResult {
  const plate = textWidth(words.target(said), SIZE) + 10;
  return svg`<path class="target" d="M${px(left)} ${px(y(aim))}H${px(right)}"/>
    <rect class="plate" x=${px(left + 6)} y=${px(y(aim) - 19)} width=${px(plate)} height="16"/>
    <text class="t-strong" x=${px(left + 11)} y=${px(y(aim) - 6)}>${words.target(said)}</text>`;
}

function eventLine(at: number, place: number, { x }: Scale): SVGTemplateResult {
  return svg`<path class="event" d="M${px(x(at))} ${TOP - 8}V${BOTTOM}"/>
    <circle class="event-mark" cx=${px(x(at))} cy=${TOP - 16} r="9"/><text class="event-number" x=${px(x(at))} y=${TOP - 12} text-anchor="middle">${place + 1}</text>`;
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
