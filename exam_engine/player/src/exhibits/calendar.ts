import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Lane, type Span, type Text } from "../model";
import type { Words } from "../words";
import { px, textWidth, wrap } from "./drawing";

const WIDTH = 760;
const HEAD = 30;
const SIZE = 13;
const ROW = 17;

interface Drawn {
  lane: Lane;
  names: { said: string; style: string }[];
  spans: { span: Span; x: number; width: number; said: string[] }[];
  top: number;
  height: number;
}

/** What is planned on which days, a lane each; risky plans are hatched, frozen days are grey. */
export function calendar({ id, days, lanes }: { id: string; days: Text[]; lanes: Lane[] }, name: string, lang: string, words: Words): TemplateResult {
  const titles = lanes.flatMap(({ title, text }) => [textIn(title, lang), textIn(text, lang)]);
  const left = Math.max(90, Math.min(190, Math.max(...titles.map((each) => textWidth(each, SIZE + 0.6))) + 16));
  const day = (WIDTH - left) / days.length;
  const drawn = stack(lanes, left, day, lang);
  const bottom = drawn.reduce((sum, { height }) => sum + height, HEAD);
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${bottom + 4}" role="img" aria-label="${name}. ${summary(days, lanes, lang, words)}">
    <defs><pattern id="${id}-risky" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="span-hatch" d="M0 0v7" /></pattern></defs>
    ${dayNames(days, left, day, bottom, lang)} ${drawn.map((each) => lane(each, id))}
  </svg>`;
}

/** Lanes below each other, each as high as its names and the words of its spans need. */
function stack(lanes: Lane[], left: number, day: number, lang: string): Drawn[] {
  let top = HEAD;
  return lanes.map((each) => {
    const names = [
      ...wrap(textIn(each.title, lang), left - 12, SIZE).map((said) => ({ said, style: "t-strong" })),
      ...wrap(textIn(each.text, lang), left - 12, SIZE).map((said) => ({ said, style: "" })),
    ];
    const spans = each.spans.map((span) => {
      const width = (span.to - span.from + 1) * day - 4;
      return { span, x: left + span.from * day + 2, width, said: wrap(textIn(span.text, lang), Math.max(width - 8, 24), SIZE) };
    });
    const height = 18 + ROW * Math.max(1, names.length, ...spans.map(({ said }) => said.length));
    top += height;
    return { lane: each, names, spans, top: top - height, height };
  });
}

function dayNames(days: Text[], left: number, day: number, bottom: number, lang: string): SVGTemplateResult[] {
  const widest = Math.max(...days.map((each) => textWidth(textIn(each, lang), SIZE))) + 8;
  const every = Math.max(1, Math.ceil(widest / day));
  return days.map((each, n) => {
    const x = left + n * day;
    const said = n % every === 0 ? svg`<text x=${px(x + (every === 1 ? day / 2 : 2))} y="18" text-anchor=${every === 1 ? "middle" : "start"}>${textIn(each, lang)}</text>` : nothing;
    return svg`<path class="grid" d="M${px(x)} ${n % every === 0 ? 4 : HEAD - 4}V${px(bottom)}"/>${said}`;
  });
}

function lane({ names, spans, top, height }: Drawn, id: string): SVGTemplateResult {
  return svg`<path class="grid" d="M0 ${px(top)}H${WIDTH}"/>
    ${names.map(({ said, style }, n) => svg`<text class=${style} x="0" y=${px(top + 20 + ROW * n)}>${said}</text>`)}
    ${spans.map(({ span, x, width, said }) => {
      const box = (style: string) => svg`<rect class="span ${style}" x=${px(x)} y=${px(top + 5)} width=${px(width)} height=${px(height - 10)} rx="3"/>`;
      const state = span.state ?? "normal";
      return svg`${box(`span-${state}`)}${state === "risky" ? svg`<rect x=${px(x)} y=${px(top + 5)} width=${px(width)} height="4" fill="url(#${id}-risky)"/>` : nothing}
        ${said.map((row, n) => svg`<text class="t-strong" x=${px(x + 4)} y=${px(top + 21 + ROW * n)}>${row}</text>`)}`;
    })}`;
}

/** Every plan in words, with its days. */
function summary(days: Text[], lanes: Lane[], lang: string, words: Words): string {
  const at = (n: number) => textIn(days[n], lang);
  const period = ({ from, to }: Span) => (from === to ? at(from) : words.fromTo(at(from), at(to)));
  const state = { normal: "", risky: words.riskyPlan, frozen: words.frozenDays };
  const plan = (span: Span) => `${period(span)} ${textIn(span.text, lang)}${state[span.state ?? "normal"]}`;
  return lanes.map(({ title, spans }) => `${textIn(title, lang)}: ${spans.map(plan).join("; ") || words.nothingPlanned}`).join(". ");
}
