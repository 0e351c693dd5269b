import { textIn, type Edge, type Node } from "../model";
import { borderPoint, textWidth, wrap, type Box } from "./drawing";

export const LABEL = 13;
export const LABEL_ROW = 17;
/** How wide words may be between neighbours of a row, and elsewhere. */
const BESIDE = 80;
const BETWEEN = 130;
/** Where on its line the words may stand, the middle first. */
const SHARES = [0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74];

export interface Link {
  edge: Edge;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  rows: string[];
  label: Box;
}
type Placed = Box & { node: Node };

/** The words of an edge in lines, with the room they need. */
export function wordsOf(edge: Edge, from: Node, to: Node, lang: string): { rows: string[]; width: number; height: number } {
  const rows = wrap(textIn(edge.text, lang), from.y === to.y ? BESIDE : BETWEEN, LABEL);
  const width = rows.length > 0 ? Math.max(...rows.map((row) => textWidth(row, LABEL))) + 12 : 0;
  return { rows, width, height: rows.length > 0 ? LABEL_ROW * rows.length + 4 : 0 };
}

/** Lines between the borders of boxes; their words stand on them, moved along where they would meet other words or a box. */
export function linksOf(edges: Edge[], boxes: Placed[], lang: string): Link[] {
  const links: Link[] = [];
  for (const edge of [...edges].sort((a, b) => slant(a, boxes) - slant(b, boxes))) {
    const from = boxes.find(({ node }) => node.id === edge.from);
    const to = boxes.find(({ node }) => node.id === edge.to);
    if (!from || !to) continue;
    const [{ x: x1, y: y1 }, { x: x2, y: y2 }] = [borderPoint(from, to), borderPoint(to, from)];
    const { rows, ...size } = wordsOf(edge, from.node, to.node, lang);
    const taken = [...boxes, ...links.map(({ label }) => label)];
    const spots = SHARES.map((share) => ({ cx: x1 + (x2 - x1) * share, cy: y1 + (y2 - y1) * share, ...size }));
    const covered = (spot: Box) => taken.reduce((sum, other) => sum + overlap(spot, other), 0);
    const label = spots.reduce((best, spot) => (covered(spot) < covered(best) ? spot : best));
    links.push({ edge, x1, y1, x2, y2, rows, label });
  }
  return links;
}

/** Straight lines choose first: moving along them makes no room. */
function slant({ from, to }: Edge, boxes: Placed[]): number {
  const [a, b] = [from, to].map((id) => boxes.find(({ node }) => node.id === id));
  return a && b && a.cx !== b.cx && a.cy !== b.cy ? 1 : 0;
}

/** The area two boxes have in common. */
export function overlap(a: Box, b: Box): number {
  const across = (a.width + b.width) / 2 - Math.abs(a.cx - b.cx);
  const down = (a.height + b.height) / 2 - Math.abs(a.cy - b.cy);
  return Math.max(0, across) * Math.max(0, down);
}
