import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { textIn, type Edge, type Node } from "../model";
import type { Words } from "../words";
import { borderPoint, px, textWidth, wrap, type Box } from "./drawing";

const COLUMN = 226;
const ROW = 108;
const WIDEST = 196;

interface Drawn extends Box {
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
  const width = Math.max(...drawn.map((box) => box.cx + box.width / 2)) + 8;
  const height = Math.max(...drawn.map((box) => box.cy + box.height / 2)) + 8;
  const links = edges.flatMap((edge) => link(edge, drawn, lang));
  return html`<svg class="diagram" viewBox="0 0 ${px(width)} ${px(height)}" role="img" aria-label="${name}. ${sentences(edges, drawn, lang, words)}">
    <defs>${head(`${id}-arrow`, "head", 8)}${head(`${id}-arrow-shared`, "head-shared", 7)}</defs>
    ${links.map((each) => line(each, id))} ${links.map(label)} ${drawn.map(box)}
  </svg>`;
}

/** Boxes on the grid, pushed right and down so that none begins left of or above the drawing. */
function place(nodes: Node[], edges: Edge[], lang: string): Drawn[] {
  const left = Math.min(...nodes.map(({ x }) => x));
  const top = Math.min(...nodes.map(({ y }) => y));
  const boxes = nodes.map((node) => measure(node, lang));
  const across = Math.max(COLUMN / step(nodes, "x", "y"), ...edges.map((edge) => roomFor(edge, boxes, lang)));
  const down = ROW / step(nodes, "y", "x");
  const margin = Math.max(...boxes.filter(({ node }) => node.x === left).map(({ width }) => width)) / 2 + 8;
  return boxes.map((each) => ({ ...each, cx: margin + (each.node.x - left) * across, cy: 34 + (each.node.y - top) * down }));
}

function measure(node: Node, lang: string): Drawn {
  const title = wrap(textIn(node.title, lang), WIDEST, 14);
  const text = wrap(textIn(node.text, lang), WIDEST, 13);
  const inner = Math.max(...title.map((row) => textWidth(row, 14.6)), ...text.map((row) => textWidth(row, 13)), 116);
  const width = inner + (node.state === "service" ? 56 : 28);
  return { node, title, text, width, height: 17 + 18 * (title.length + text.length), cx: 0, cy: 0 };
}

/** The width of a column that leaves an edge between neighbours of one row room for its words and its arrow. */
function roomFor({ from, to, text }: Edge, boxes: Drawn[], lang: string): number {
  const [a, b] = [from, to].map((id) => boxes.find(({ node }) => node.id === id));
  if (!a || !b || a.node.y !== b.node.y || a.node.x === b.node.x) return 0;
  return ((a.width + b.width) / 2 + textWidth(textIn(text, lang), 13) + 52) / Math.abs(a.node.x - b.node.x);
}

/** The smallest step between neighbours of a row or a column: grids may be written in ones or in twos. */
function step(nodes: Node[], along: "x" | "y", beside: "x" | "y"): number {
  const gaps = nodes.flatMap((a) => nodes.filter((b) => b[beside] === a[beside] && b[along] > a[along]).map((b) => b[along] - a[along]));
  return gaps.length > 0 ? Math.min(...gaps) : 1;
}

interface Link {
  edge: Edge;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  text: string;
}

function link(edge: Edge, drawn: Drawn[], lang: string): Link[] {
  const from = drawn.find(({ node }) => node.id === edge.from);
  const to = drawn.find(({ node }) => node.id === edge.to);
  if (!from || !to) return [];
  const start = borderPoint(from, to);
  const end = borderPoint(to, from);
  return [{ edge, x1: start.x, y1: start.y, x2: end.x, y2: end.y, text: textIn(edge.text, lang) }];
}

function line({ edge, x1, y1, x2, y2 }: Link, id: string): SVGTemplateResult {
  const marker = `url(#${id}-arrow${edge.shared ? "-shared" : ""})`;
  return svg`<path class="edge ${edge.shared ? "edge-shared" : ""}" marker-end=${marker} d="M${px(x1)} ${px(y1)} L${px(x2)} ${px(y2)}"/>`;
}

function label({ edge, x1, y1, x2, y2, text }: Link): SVGTemplateResult | typeof nothing {
  if (text === "") return nothing;
  const width = textWidth(text, 13) + 12;
  const x = (x1 + x2) / 2;
  const y = (y1 + y2) / 2;
  return svg`<rect class="plate" x=${px(x - width / 2)} y=${px(y - 12)} width=${px(width)} height="20"/>
    <text class="t-2 ${edge.shared ? "t-warn" : ""}" x=${px(x)} y=${px(y + 3)} text-anchor="middle">${text}</text>`;
}

function box({ node, title, text, cx, cy, width, height }: Drawn): SVGTemplateResult {
  const state = node.state && node.state !== "normal" ? `node-${node.state}` : "";
  const top = cy - height / 2;
  const row = (said: string, place: number, style: string) => svg`<text class=${style} x=${px(cx)} y=${px(top + 22 + 18 * place)} text-anchor="middle">${said}</text>`;
  return svg`<rect class="node ${state}" x=${px(cx - width / 2)} y=${px(top)} width=${px(width)} height=${px(height)} rx=${node.state === "service" ? px(height / 2) : "4"}/>
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
