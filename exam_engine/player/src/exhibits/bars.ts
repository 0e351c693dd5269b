import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Bar, type Text } from "../model";
import type { Words } from "../words";
import { px, textWidth, ticks } from "./drawing";

const ROW = 43;
const RIGHT = 690;
const WIDTH = 760;

export interface Bars {
  id: string;
  unit?: Text;
  target?: number | string;
  bars: Bar[];
}
interface Scale {
  left: number;
  bottom: number;
  at: (value: number) => number;
}

/** Values as bars against a target; what is over it is hatched and says by how much. */
export function bars({ id, unit, target, bars: rows }: Bars, name: string, lang: string, words: Words): TemplateResult {
  const aim = target === undefined ? undefined : Number(target);
  const marks = ticks(Math.max(...rows.map(({ value }) => Number(value)), aim ?? 0));
  const most = marks.at(-1) ?? 1;
  const names = rows.flatMap(({ title, text }) => [textIn(title, lang), textIn(text, lang)]);
  const left = Math.max(90, Math.min(260, Math.max(...names.map((each) => textWidth(each, 13.5))) + 22));
  const scale: Scale = { left, bottom: 37 + ROW * rows.length, at: (value) => left + (value / most) * (RIGHT - left) };
  const said = (row: Bar) => valueLine(row, aim, words);
  const summary = rows.map((row) => `${textIn(row.title, lang)}: ${said(row)}`).join("; ");
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${scale.bottom + 48}" role="img" aria-label="${name}. ${aim === undefined ? "" : `${words.target(String(target))}. `}${summary}">
    <defs>
      <pattern id="${id}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="bar-over-hatch" d="M0 0v7" /></pattern>
    </defs>
    ${marks.map((mark) => grid(mark, scale))}
    <text x=${RIGHT} y=${scale.bottom + 40} text-anchor="end">${textIn(unit, lang)}</text>
    ${rows.map((row, n) => bar(row, 32 + ROW * n, id, aim, scale, lang))}
    ${aim === undefined ? nothing : targetLine(aim, String(target), scale, words)}
    ${rows.map((row, n) => valueText(scale.at(Number(row.value)), 32 + ROW * n, said(row)))}
  </svg>`;
}

/** The value, and by how much it is over; decimals are subtracted without binary noise. */
function valueLine({ value }: Bar, aim: number | undefined, words: Words): string {
  if (aim === undefined || Number(value) <= aim) return String(value);
  const places = Math.max(decimals(value), decimals(aim));
  return words.overBy(String(value), (Number(value) - aim).toFixed(places));
}

function decimals(value: number | string): number {
  return String(value).split(".")[1]?.length ?? 0;
}

function grid(mark: number, { at, bottom }: Scale): SVGTemplateResult {
  return svg`<path class="grid" d="M${px(at(mark))} 20V${bottom}"/><text x=${px(at(mark))} y=${bottom + 20} text-anchor="middle">${mark}</text>`;
}

function bar(row: Bar, y: number, id: string, aim: number | undefined, { left, at }: Scale, lang: string): SVGTemplateResult {
  const value = Number(row.value);
  const over = aim !== undefined && value > aim;
  const width = px(Math.max(0, at(value) - left));
  const text = textIn(row.text, lang);
  return svg`<text class="t-strong" x=${px(left - 12)} y=${text ? y + 11 : y + 18} text-anchor="end">${textIn(row.title, lang)}</text>
    ${text ? svg`<text x=${px(left - 12)} y=${y + 27} text-anchor="end">${text}</text>` : nothing}
    <rect class=${over ? "bar-over" : "bar"} x=${px(left)} y=${y} width=${width} height="26"/>
    ${over ? svg`<rect x=${px(left)} y=${y} width=${width} height="26" fill="url(#${id}-hatch)"/>` : nothing}`;
}

/** The value stands on a plate after its bar, over the target line; where that leaves the drawing, inside the bar. */
function valueText(end: number, y: number, said: string): SVGTemplateResult {
  const width = textWidth(said, 13.5) + 8;
  const x = end + 4 + width <= WIDTH ? end + 4 : end - width - 6;
  return svg`<rect class="plate" x=${px(x)} y=${y + 4} width=${px(width)} height="18"/><text class="t-strong" x=${px(x + 4)} y=${y + 18}>${said}</text>`;
}

function targetLine(aim: number, said: string, { at, bottom }: Scale, words: Words): SVGTemplateResult {
  return svg`<path class="target" d="M${px(at(aim))} 14V${bottom}"/><text class="t-strong" x=${px(at(aim))} y="11" text-anchor="middle">${words.target(said)}</text>`;
}
