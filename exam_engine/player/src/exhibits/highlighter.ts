/** Places highlighted in a text, as pairs of offsets: sorted, apart from each other, none empty. */
export type Spans = [number, number][];

/** Adds a span, joining what touches it; if it lies inside a highlight, that part is taken away instead. */
export function toggleSpan(spans: Spans, [start, end]: [number, number]): Spans {
  if (start >= end) return spans;
  const inside = spans.some(([from, to]) => from <= start && end <= to);
  if (inside) return spans.flatMap(([from, to]): Spans => (to <= start || end <= from ? [[from, to]] : parts([from, start], [end, to])));
  const apart = spans.filter(([from, to]) => to < start || end < from);
  const touching = spans.filter(([from, to]) => !(to < start || end < from));
  const joined: [number, number] = [Math.min(start, ...touching.map(([from]) => from)), Math.max(end, ...touching.map(([, to]) => to))];
  return [...apart, joined].sort((a, b) => a[0] - b[0]);
}

/** Takes away the highlight at a place, if there is one. */
export function withoutSpanAt(spans: Spans, offset: number): Spans {
  return spans.filter(([from, to]) => offset < from || to < offset);
}

function parts(...spans: Spans): Spans {
  return spans.filter(([from, to]) => from < to);
}

function textNodes(root: Node): Text[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) nodes.push(node as Text);
  return nodes;
}

/** Where a point of the page lies in the text of an element. */
export function offsetIn(root: Node, node: Node, offset: number): number {
  const range = document.createRange();
  range.setStart(root, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

/** The spans as ranges of the page. */
export function rangesOf(root: Node, spans: Spans): Range[] {
  const nodes = textNodes(root);
  return spans.map(([start, end]) => {
    const range = document.createRange();
    let before = 0;
    for (const node of nodes) {
      const after = before + node.length;
      if (start >= before && start < after) range.setStart(node, start - before);
      if (end > before && end <= after) range.setEnd(node, end - before);
      before = after;
    }
    return range;
  });
}

export function canHighlight(): boolean {
  return typeof CSS !== "undefined" && "highlights" in CSS;
}

/** Paints the ranges without touching the elements they are in. */
export function paint(ranges: Range[]): void {
  if (canHighlight()) CSS.highlights.set("exam", new Highlight(...ranges));
}
