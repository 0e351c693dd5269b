import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Lane, type Span, type Text } from "../model";
import type { Words } from "../words";
import { columnFor, DRAWING_WIDTH, px, strongWidth, textWidth, wrap } from "./drawing";
import { placeWords, ROW, SIZE, type Placed } from "./spans";

const HEAD = 30;
const NAMES = 120;
/** More days than these need a drawing twice as wide. */
const DAYS = 21;

export interface Plan {
  id: string;
  days: Text[];
  lanes: Lane[];
}
interface Drawn {
  names: { said: string; style: string }[];
  spans: Placed[];
  top: number;
  height: number;
}

/** What is planned on which days, a lane each; risky plans are hatched, frozen days are dashed. Words that fit nowhere get a number. */
export function calendar({ id, days, lanes }: Plan, name: string, lang: string, words: Words): TemplateResult {
  const titles = lanes.flatMap(({ title, text }) => [textIn(title, lang), textIn(text, lang)]);
  const left = columnFor(titles, NAMES, SIZE) + 14;
  const wide = days.length > DAYS;
  const right = wide ? 2 * DRAWING_WIDTH : DRAWING_WIDTH;
  const day = (right - left - 1) / days.length;
  const drawn = stack(lanes, left, right, day, lang);
  const bottom = drawn.reduce((sum, { height }) => sum + height, HEAD);
  const states = (["risky", "frozen"] as const).filter((state) => lanes.some(({ spans }) => spans.some((span) => span.state === state)));
  const numbered = drawn.flatMap(({ spans }) => spans.filter(({ number }) => number !== undefined));
  return html`<svg class="chart ${wide ? "chart-wide" : ""}" viewBox="0 0 ${right} ${px(bottom + (states.length > 0 ? 32 : 4))}" role="img" aria-label="${name}. ${summary(days, lanes, lang, words)}">
      <defs><pattern id="${id}-risky" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="span-hatch" d="M0 0v7" /></pattern></defs>
      ${dayNames(days, left, day, bottom, lang)} ${drawn.map((each) => lane(each, right, id))}
      ${states.map((state, n) => legend(state, n * 130, bottom + 12, id, words))}
    </svg>
    ${numbered.length > 0 ? html`<ol class="chart-events">${numbered.map(({ span }) => html`<li>${textIn(span.text, lang)}</li>`)}</ol>` : nothing}`;
}

/** Lanes below each other, each as high as its names and the words of its spans need. */
function stack(lanes: Lane[], left: number, right: number, day: number, lang: string): Drawn[] {
  let top = HEAD;
  let numbers = 0;
  return lanes.map((each) => {
    const names = [
      ...wrap(textIn(each.title, lang), left - 12, SIZE * 1.06).map((said) => ({ said, style: "t-strong" })),
      ...wrap(textIn(each.text, lang), left - 12, SIZE).map((said) => ({ said, style: "" })),
    ];
    const spans = placeWords(each.spans, left, right, day, lang).map((one) => (one.place === "number" ? { ...one, number: (numbers += 1) } : one));
    const height = 18 + ROW * Math.max(1, names.length, ...spans.map(({ said }) => said.length));
    top += height;
    return { names, spans, top: top - height, height };
  });
}

/** Names in the middle of their days; where they need more than a day, at the beginning of every second, third … day. */
function dayNames(days: Text[], left: number, day: number, bottom: number, lang: string): SVGTemplateResult[] {
  const widths = days.map((each) => textWidth(textIn(each, lang), SIZE) + 8);
  const fits = (every: number) => widths.every((width, n) => n % every !== 0 || width <= every * day);
  const every = days.findIndex((_, n) => fits(n + 1)) + 1 || days.length;
  return days.map((each, n) => {
    const x = left + n * day;
    const shown = n % every === 0 && (every === 1 || (widths[n] ?? 0) <= (days.length - n) * day + 4);
    const said = svg`<text x=${px(x + (every === 1 ? day / 2 : 4))} y="18" text-anchor=${every === 1 ? "middle" : "start"}>${textIn(each, lang)}</text>`;
    return svg`<path class="grid" d="M${px(x)} ${n % every === 0 ? 4 : HEAD - 4}V${px(bottom)}"/>${shown ? said : nothing}`;
  });
}

function lane({ names, spans, top, height }: Drawn, right: number, id: string): SVGTemplateResult {
  return svg`<path class="grid" d="M0 ${px(top)}H${right}"/>
    ${names.map(({ said, style }, n) => svg`<text class=${style} x="0" y=${px(top + 20 + ROW * n)}>${said}</text>`)}
    ${spans.map(({ span, x, width }) => bar(span.state ?? "normal", x, top + 5, width, height - 10, id))}
    ${spans.map((each) => said(each, top))}`;
}

function bar(state: NonNullable<Span["state"]>, x: number, y: number, width: number, height: number, id: string): SVGTemplateResult {
  return svg`<rect class="span span-${state}" x=${px(x)} y=${px(y)} width=${px(width)} height=${px(height)} rx="3"/>
    ${state === "risky" ? svg`<rect x=${px(x)} y=${px(y)} width=${px(width)} height="4" fill="url(#${id}-risky)"/>` : nothing}`;
}

/** The words of a span: in it, or beside it on a plate that covers the lines of the days, or its number. */
function said({ said: rows, number, place, at }: Placed, top: number): SVGTemplateResult {
  if (number !== undefined) return svg`<text class="event-number" x=${px(at)} y=${px(top + 21)} text-anchor="middle">${number}</text>`;
  const plate = Math.max(...rows.map((row) => strongWidth(row, SIZE))) + 4;
  return svg`${place === "inside" ? nothing : svg`<rect class="plate" x=${px(place === "before" ? at - plate : at - 2)} y=${px(top + 7)} width=${px(plate)} height=${px(ROW * rows.length + 2)}/>`}
    ${rows.map((row, n) => svg`<text class="t-strong" x=${px(at)} y=${px(top + 21 + ROW * n)} text-anchor=${place === "before" ? "end" : "start"}>${row}</text>`)}`;
}

function legend(state: "risky" | "frozen", x: number, y: number, id: string, words: Words): SVGTemplateResult {
  return svg`${bar(state, x + 1, y, 24, 16, id)}<text x=${px(x + 33)} y=${px(y + 13)}>${words.planStates[state]}</text>`;
}

/** Every plan in words, with its days. */
function summary(days: Text[], lanes: Lane[], lang: string, words: Words): string {
  const at = (n: number) => textIn(days[n], lang);
  const period = ({ from, to }: Span) => (from === to ? at(from) : words.fromTo(at(from), at(to)));
  const state = ({ state }: Span) => (state && state !== "normal" ? words.inBrackets(words.planStates[state]) : "");
  const plan = (span: Span) => `${period(span)} ${textIn(span.text, lang)}${state(span)}`;
  return lanes.map(({ title, spans }) => `${textIn(title, lang)}: ${spans.map(plan).join("; ") || words.nothingPlanned}`).join(". ");
}
