import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Bar, type Text } from "../model";
import type { Words } from "../words";
import { columnFor, DRAWING_WIDTH, px, strongWidth, ticks, wrap } from "./drawing";

const SIZE = 13;
const ROW = 16;
const HEAD = 30;
const NAMES = 180;
const THICK = 26;

export interface Bars {
  id: string;
  unit?: Text;
  target?: number | string;
  /** Which side of the target is the right one. */
  better?: "less" | "more";
  bars: Bar[];
}
interface Scale {
  left: number;
  bottom: number;
  at: (value: number) => number;
}
interface Drawn {
  bar: Bar;
  title: string[];
  text: string[];
  /** The middle of the row. */
  y: number;
  wrong: boolean;
  said: string;
}

/** Values as bars against a target; what misses it is hatched and says by how much. */
export function bars({ id, unit, target, better = "less", bars: rows }: Bars, name: string, lang: string, words: Words): TemplateResult {
  const aim = target === undefined ? undefined : Number(target);
  const marks = ticks(Math.max(...rows.map(({ value }) => Number(value)), aim ?? 0));
  const column = columnFor(rows.flatMap(({ title, text }) => [textIn(title, lang), textIn(text, lang)]), NAMES, SIZE);
  const { drawn, bottom } = stack(rows, column, (value) => aim !== undefined && misses(value, aim, better) ? aim : undefined, lang, words);
  const scale = scaleOf(marks.at(-1) ?? 1, column + 13, bottom);
  const summary = drawn.map(({ bar, said }) => `${textIn(bar.title, lang)}: ${said}`).join("; ");
  return html`<svg class="chart" viewBox="0 0 ${DRAWING_WIDTH} ${bottom + 48}" role="img" aria-label="${name}. ${aim === undefined ? "" : `${words.target(String(target))}. `}${summary}">
    <defs>
      <pattern id="${id}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="bar-over-hatch" d="M0 0v7" /></pattern>
    </defs>
    ${marks.map((mark) => grid(mark, scale))}
    <text x=${px(scale.at(marks.at(-1) ?? 1) + 8)} y=${bottom + 40} text-anchor="end">${textIn(unit, lang)}</text>
    ${drawn.map((each) => row(each, id, scale))}
    ${aim === undefined ? nothing : targetLine(aim, String(target), scale, words)}
    ${drawn.map((each) => valueText(scale.at(Number(each.bar.value)), each, scale))}
  </svg>`;
}

/** Rows below each other, each as high as its names need. */
function stack(rows: Bar[], column: number, missed: (value: number) => number | undefined, lang: string, words: Words): { drawn: Drawn[]; bottom: number } {
  let bottom = HEAD;
  const drawn = rows.map((bar) => {
    const title = wrap(textIn(bar.title, lang), column / 1.06, SIZE);
    const text = wrap(textIn(bar.text, lang), column, SIZE);
    const height = Math.max(THICK + 16, ROW * (title.length + text.length) + 12);
    bottom += height;
    const aim = missed(Number(bar.value));
    return { bar, title, text, y: bottom - height / 2, wrong: aim !== undefined, said: valueLine(bar, aim, words) };
  });
  return { drawn, bottom: bottom + 6 };
}

function scaleOf(most: number, left: number, bottom: number): Scale {
  const right = DRAWING_WIDTH - 24;
  return { left, bottom, at: (value) => left + (value / most) * (right - left) };
}

/** The value, and on the wrong side of the target by how much; decimals are subtracted without binary noise. */
function valueLine({ value }: Bar, aim: number | undefined, words: Words): string {
  if (aim === undefined) return String(value);
  const by = (Number(value) - aim).toFixed(Math.max(decimals(value), decimals(aim)));
  return by.startsWith("-") ? words.underBy(String(value), by.slice(1)) : words.overBy(String(value), by);
}

function misses(value: number, aim: number, better: "less" | "more"): boolean {
  return better === "more" ? value < aim : value > aim;
}

function decimals(value: number | string): number {
  return String(value).split(".")[1]?.length ?? 0;
}

function grid(mark: number, { at, bottom }: Scale): SVGTemplateResult {
  return svg`<path class="grid" d="M${px(at(mark))} 20V${px(bottom)}"/><text x=${px(at(mark))} y=${px(bottom + 20)} text-anchor="middle">${mark}</text>`;
}

function row({ bar, title, text, y, wrong }: Drawn, id: string, { left, at }: Scale): SVGTemplateResult {
  const width = px(Math.max(0, at(Number(bar.value)) - left));
  const first = y + 13 - (ROW * (title.length + text.length)) / 2;
  const names = [...title.map((said) => ({ said, style: "t-strong" })), ...text.map((said) => ({ said, style: "" }))];
  return svg`${names.map(({ said, style }, n) => svg`<text class=${style} x=${px(left - 12)} y=${px(first + ROW * n)} text-anchor="end">${said}</text>`)}
    <rect class=${wrong ? "bar-over" : "bar"} x=${px(left)} y=${px(y - THICK / 2)} width=${width} height=${THICK}/>
    ${wrong ? svg`<rect x=${px(left)} y=${px(y - THICK / 2)} width=${width} height=${THICK} fill="url(#${id}-hatch)"/>` : nothing}`;
}

/** The value stands on a plate after its bar, over the target line; where that leaves the drawing, inside the bar. */
function valueText(end: number, { y, said }: Drawn, { left }: Scale): SVGTemplateResult {
  const width = strongWidth(said, SIZE) + 8;
  const x = end + 4 + width <= DRAWING_WIDTH ? end + 4 : Math.max(left + 2, end - width - 6);
  return svg`<rect class="plate" x=${px(x)} y=${px(y - 9)} width=${px(width)} height="18"/><text class="t-strong" x=${px(x + 4)} y=${px(y + 5)}>${said}</text>`;
}

/** The word stands over the line, moved where it would leave the drawing. */
function targetLine(aim: number, said: string, { at, bottom }: Scale, words: Words): SVGTemplateResult {
  const half = strongWidth(words.target(said), SIZE) / 2 + 2;
  const x = Math.min(Math.max(at(aim), half), DRAWING_WIDTH - half);
  return svg`<path class="target" d="M${px(at(aim))} 20V${px(bottom)}"/><text class="t-strong" x=${px(x)} y="15" text-anchor="middle">${words.target(said)}</text>`;
}
