/** The shapes the player is given: see docs/player-api.md and docs/formats.md. */

export type Lang = "en" | "zh-CN";
/** Text by language; a bare string is text without language. Values may hold sanitised HTML. */
export type Text = string | Record<string, string>;
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Choice {
  id: string;
  text: Text;
}
export interface Bounds {
  min?: number;
  max?: number;
}
export interface Gap {
  type: "single_choice" | "numeric" | "short_text";
  options?: Choice[];
  unit?: Text;
  locale?: string;
  max_length?: number;
}
export interface PublicItem {
  id: string;
  type: string;
  marks?: number | string;
  context?: Text;
  stem?: Text;
  options?: Choice[];
  choose?: Bounds;
  left?: Choice[];
  right?: Choice[];
  rows?: Choice[];
  columns?: Choice[];
  entries?: Choice[];
  text?: Text;
  gaps?: Record<string, Gap>;
  words?: Bounds & Record<string, number | Bounds>;
  unit?: Text;
  decimals?: number;
  locale?: string;
  max_length?: number;
  accept?: string[];
  max_files?: number;
  max_bytes?: number;
}

export interface Column {
  title: Text;
  align?: "start" | "end";
  nowrap?: boolean;
}
export interface Message {
  from: Text;
  to?: Text;
  at?: Text;
  text: Text;
}
export interface Node {
  id: string;
  title: Text;
  text?: Text;
  x: number;
  y: number;
  state?: "normal" | "service" | "hurt";
}
export interface Edge {
  from: string;
  to: string;
  text?: Text;
  shared?: boolean;
}
export interface Bar {
  title: Text;
  text?: Text;
  value: number | string;
}
export interface Series {
  title: Text;
  values: (number | null)[];
}
export interface TimedEvent {
  at: number;
  text: Text;
}
export interface Span {
  from: number;
  to: number;
  text: Text;
  state?: "normal" | "risky" | "frozen";
}
export interface Lane {
  title: Text;
  text?: Text;
  spans: Span[];
}
interface ExhibitHead {
  id: string;
  tab: Text;
  title?: Text;
  note?: Text;
}
export type Exhibit = ExhibitHead &
  (
    | { kind: "table"; columns: Column[]; rows: Text[][] }
    | { kind: "thread"; messages: Message[] }
    | { kind: "document"; text: Text }
    | { kind: "relations"; nodes: Node[]; edges: Edge[] }
    | { kind: "bars"; unit?: Text; target?: number | string; better?: "less" | "more"; bars: Bar[] }
    | { kind: "lines"; unit?: Text; target?: number | string; times: Text[]; series: Series[]; events?: TimedEvent[] }
    | { kind: "calendar"; days: Text[]; lanes: Lane[] }
  );
export interface Task {
  id: string;
  title?: Text;
  parts: string[];
}
export interface PublicCase {
  title: Text;
  scenario?: Text;
  exhibits: Exhibit[];
  tasks: Task[];
}

export interface FileAnswer {
  name: string;
  sha256: string;
  size: number;
}

export interface Slot {
  slot: string;
  item: string;
  options?: string[];
}
export interface Paper {
  title: Text;
  short_title?: Text;
  kind: "theory" | "practical";
  level?: string;
  minutes?: number;
  languages?: string[];
  count: number;
  marks?: string;
}
export interface Notice {
  id: number;
  kind: "time_added" | "paused" | "resumed" | "note";
  at_ms: number;
  minutes?: number;
  text?: Text | null;
}
export type AttemptStatus = "open" | "paused" | "submitted" | "closed";
export interface View {
  current?: string;
  seen?: string[];
  flags?: string[];
  struck?: Record<string, string[]>;
  zoom?: number;
  lang?: string;
  split?: number;
  highlights?: Record<string, [number, number][]>;
}
export interface Started {
  attempt: number;
  token: string;
  status: AttemptStatus;
  now_ms: number;
  started_ms: number;
  deadline_ms: number;
  grace_s: number;
  paper: Paper;
  order: { slots: Slot[] };
  form: { items: Record<string, PublicItem>; case: PublicCase | null };
  answers: Record<string, { response: Json; seq: number }>;
  view: View | null;
  last_seq: number;
  head: string;
  messages: Notice[];
  heartbeat_s: number;
  links: { receipt: string; home: string };
}
export interface Receipt {
  number: string;
  at_ms: number;
  answered: number;
  count: number;
  digest: string;
  url: string;
}

/** The text in the language asked for, else in the nearest one there is. */
export function textIn(text: Text | null | undefined, lang: string): string {
  if (text === null || text === undefined) return "";
  if (typeof text === "string") return text;
  const prefix = lang.split("-")[0] ?? lang;
  const near = Object.keys(text).find((key) => key.split("-")[0] === prefix);
  return text[lang] ?? (near === undefined ? undefined : text[near]) ?? Object.values(text)[0] ?? "";
}

/** The words of a piece of sanitised HTML, for places that take no markup (a select, an SVG, a label). */
export function plainText(html: string): string {
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0" };
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, dec?: string, hex?: string, name?: string) => {
      if (dec) return String.fromCodePoint(Number(dec));
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
      return entities[name ?? ""] ?? whole;
    })
    .replace(/\s+/g, " ")
    .trim();
}

/** True where a response says something; an empty one counts as no answer. */
export function isAnswered(response: Json | undefined): boolean {
  if (response === null || response === undefined || response === "") return false;
  if (typeof response === "string") return response.trim() !== "";
  if (Array.isArray(response)) return response.length > 0;
  if (typeof response === "object") return Object.values(response).some(isAnswered);
  return true;
}
