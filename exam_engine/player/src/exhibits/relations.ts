import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Edge, type Node } from "../model";
import type { Words } from "../words";
import { columnFor, px, wrap, type Box } from "./drawing";
import { LABEL_ROW, linksOf, wordsOf, type Link } from "./links";

/** Between boxes of a row, and what an edge needs beside its words. */
const GAP = 24;
const ARROWS = 44;
/** Between columns that have no row in common. */
const NEAREST = 72;
const NARROWEST = 90;
const WIDEST = 140;
const MARGIN = 8;

export interface Drawn extends Box {
  node: Node;
  title: string[];
  text: string[];
}
export interface Relations {
  id: string;
  nodes: Node[];
  edges: Edge[];
}

/** Configuration items and what they use, as a graph; for readers of the page's text, as sentences. */
export function relations({ id, nodes, edges }: Relations, name: string, lang: string, words: Words): TemplateResult {
  const drawn = place(nodes, edges, lang);
  const width = Math.max(...drawn.map((box) => box.cx + box.width / 2)) + MARGIN;
  const height = Math.max(...drawn.map((box) => box.cy + box.height / 2)) + MARGIN;
  const links = linksOf(edges, drawn, lang);
  return html`<svg class="diagram" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width / 16)}rem" role="img" aria-label="${name}. ${sentences(edges, drawn, lang, words)}">
    <defs>${head(`${id}-arrow`, "head", 8)}${head(`${id}-arrow-shared`, "head-shared", 7)}</defs>
    ${links.map((each) => line(each, id))} ${links.map(label)} ${drawn.map(box)}
  </svg>`;
}

/** Boxes on the grid, its columns and rows as far apart as the widest and highest neighbours and the words between them need. */
function place(nodes: Node[], edges: Edge[], lang: string): Drawn[] {
  const boxes = nodes.map((node) => measure(node, lang));
  const between = edges.flatMap((edge) => {
    const [from, to] = [edge.from, edge.to].map((id) => nodes.find((node) => node.id === id));
    return from && to ? [{ from, to, ...wordsOf(edge, from, to, lang) }] : [];
  });
  const joined = (a: Drawn, b: Drawn) => between.find(({ from, to }) => (from === a.node && to === b.node) || (from === b.node && to === a.node));
  const beside = (a: Drawn, b: Drawn) => {
    if (a.node.y !== b.node.y) return NEAREST;
    const edge = joined(a, b);
    return (a.width + b.width) / 2 + (edge ? edge.width + ARROWS : GAP);
  };
  const highest = Math.max(0, ...between.filter(({ from, to }) => from.y !== to.y).map(({ height }) => height));
  const across = spread(boxes, "x", beside);
  const down = spread(boxes, "y", (a, b) => (a.height + b.height) / 2 + highest + ARROWS - 8);
  const drawn = boxes.map((each) => ({ ...each, cx: across.get(each.node.x) ?? 0, cy: down.get(each.node.y) ?? 0 }));
  const left = Math.min(...drawn.map(({ cx, width }) => cx - width / 2)) - MARGIN;
  const top = Math.min(...drawn.map(({ cy, height }) => cy - height / 2)) - MARGIN;
  return drawn.map((each) => ({ ...each, cx: each.cx - left, cy: each.cy - top }));
}

function measure(node: Node, lang: string): Drawn {
  const said = [textIn(node.title, lang), textIn(node.text, lang)];
  const inner = Math.max(columnFor(said, WIDEST, 14), NARROWEST);
  const title = wrap(said[0] ?? "", inner / 1.06, 14);
  const text = wrap(said[1] ?? "", inner, 13);
  const width = inner + (node.state === "service" ? 48 : 24);
  return { node, title, text, width, height: 17 + 18 * (title.length + text.length), cx: 0, cy: 0 };
}

/** Where the columns or rows of the grid stand: each as near to those before it as every pair of boxes allows. */
function spread(boxes: Drawn[], along: "x" | "y", apart: (a: Drawn, b: Drawn) => number): Map<number, number> {
  const stands = new Map<number, number>();
  for (const step of [...new Set(boxes.map(({ node }) => node[along]))].sort((a, b) => a - b)) {
    const earlier = boxes.filter(({ node }) => node[along] < step);
    const here = boxes.filter(({ node }) => node[along] === step);
    const least = earlier.flatMap((a) => here.map((b) => (stands.get(a.node[along]) ?? 0) + apart(a, b)));
    stands.set(step, Math.max(0, ...least));
  }
  return stands;
}

function line({ edge, x1, y1, x2, y2 }: Link, id: string): SVGTemplateResult {
  const marker = `url(#${id}-arrow${edge.shared ? "-shared" : ""})`;
  return svg`<path class="edge ${edge.shared ? "edge-shared" : ""}" marker-end=${marker} d="M${px(x1)} ${px(y1)} L${px(x2)} ${px(y2)}"/>`;
}

function label({ edge, rows, label: { cx, cy, width, height } }: Link): SVGTemplateResult | typeof nothing {
  if (rows.length === 0) return nothing;
  const first = cy - height / 2 + LABEL_ROW - 2;
  return svg`<rect class="plate" x=${px(cx - width / 2)} y=${px(cy - height / 2)} width=${px(width)} height=${px(height)}/>
    ${rows.map((row, n) => svg`<text class="t-2 ${edge.shared ? "t-warn" : ""}" x=${px(cx)} y=${px(first + LABEL_ROW * n)} text-anchor="middle">${row}</text>`)}`;
}

function box({ node, title, text, cx, cy, width, height }: Drawn): SVGTemplateResult {
  const state = node.state && node.state !== "normal" ? `node-${node.state}` : "";
  const top = cy - height / 2;
  const row = (said: string, place: number, style: string) => svg`<text class=${style} x=${px(cx)} y=${px(top + 22 + 18 * place)} text-anchor="middle">${said}</text>`;
  return svg`<rect class="node ${state}" x=${px(cx - width / 2)} y=${px(top)} width=${px(width)} height=${px(height)} rx=${node.state === "service" ? px(Math.min(height / 2, 26)) : "4"}/>
    ${title.map((said, place) => row(said, place, "t-strong"))}${text.map((said, place) => row(said, title.length + place, "t-2"))}`;
}

function head(id: string, style: string, size: number): SVGTemplateResult {
  return svg`<marker id=${id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth=${size} markerHeight=${size} orient="auto-start-reverse"><path class=${style} d="M0 0.5 8 4 0 7.5z"/></marker>`;
}

function sentences(edges: Edge[], drawn: Drawn[], lang: string, words: Words): string {
  const name = (id: string) => textIn(drawn.find(({ node }) => node.id === id)?.node.title, lang) || id;
  const stop = lang.startsWith("zh") ? "。" : ". ";
  return edges.map(({ from, to, text }) => words.relation(name(from), textIn(text, lang) || words.leadsTo, name(to))).join(stop);
}
