import type { AttemptStatus, Json, Notice, Receipt, Started } from "../model";
import type { SaveResult } from "./queue";

export interface Problem {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  [data: string]: unknown;
}
/** What came of a request: an answer, a refusal with its code, or nothing at all. */
export type Reply<T> = { kind: "ok"; body: T } | { kind: "refused"; problem: Problem } | { kind: "unreachable" };

export interface State {
  now_ms: number;
  deadline_ms: number;
  status: AttemptStatus;
  messages: Notice[];
}
export interface Saved extends State {
  head: string;
  last_seq?: number;
  results: SaveResult[];
}
export interface Beat extends State {
  last_seq: number;
}
export interface Save {
  slot: string;
  seq: number;
  response: Json;
  at_ms: number;
  digest: string;
}
export interface Piece {
  offset: number;
  complete: boolean;
  stored_ms?: number;
}

/** The calls an exam is carried by. */
export interface Api {
  start(device: string): Promise<Reply<Started>>;
  save(saves: Save[], leaving?: boolean): Promise<Reply<Saved>>;
  heartbeat(pending: number): Promise<Reply<Beat>>;
  submit(lastSeq: number, head: string): Promise<Reply<{ status: string; receipt: Receipt }>>;
  openFile(file: { slot: string; name: string; size: number; sha256: string }): Promise<Reply<{ file: string; offset: number; piece: number }>>;
  sendPiece(file: string, offset: number, bytes: Blob): Promise<Reply<Piece>>;
  use(attempt: number, token: string): void;
}

async function problemOf(response: Response): Promise<Problem> {
  const unknown = { status: response.status, code: `http_${response.status}` };
  try {
    return { ...unknown, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return unknown;
  }
}

/** The same calls over HTTP. A server error counts as not reached: everything is kept and tried again. */
export class HttpApi implements Api {
  private base = "";
  private token = "";

  constructor(
    private readonly startUrl: string,
    private readonly csrf: string,
  ) {}

  use(attempt: number, token: string): void {
    this.base = `${this.startUrl.replace(/\/papers\/[^/]+\/start$/, "")}/attempts/${attempt}`;
    this.token = token;
  }

  start(device: string): Promise<Reply<Started>> {
    return this.call(this.startUrl, "POST", { device, declaration: true }, { "X-CSRF-Token": this.csrf });
  }

  save(saves: Save[], leaving = false): Promise<Reply<Saved>> {
    return this.call(`${this.base}/answers`, "POST", { saves }, this.auth(), leaving);
  }

  heartbeat(pending: number): Promise<Reply<Beat>> {
    return this.call(`${this.base}/heartbeat`, "POST", { pending }, this.auth());
  }

  submit(lastSeq: number, head: string): Promise<Reply<{ status: string; receipt: Receipt }>> {
    return this.call(`${this.base}/submit`, "POST", { last_seq: lastSeq, head }, this.auth());
  }

  openFile(file: { slot: string; name: string; size: number; sha256: string }): Promise<Reply<{ file: string; offset: number; piece: number }>> {
    return this.call(`${this.base}/files`, "POST", file, this.auth());
  }

  sendPiece(file: string, offset: number, bytes: Blob): Promise<Reply<Piece>> {
    return this.call(`${this.base}/files/${file}?offset=${offset}`, "PUT", bytes, this.auth());
  }

  private auth(): Record<string, string> {
    return { Authorization: `Exam ${this.token}` };
  }

  private async call<T>(url: string, method: string, body: unknown, headers: Record<string, string>, keepalive = false): Promise<Reply<T>> {
    const raw = body instanceof Blob;
    const type = raw ? "application/octet-stream" : "application/json";
    try {
      const response = await fetch(url, {
        method,
        headers: { ...headers, "Content-Type": type, Accept: "application/json" },
        body: raw ? body : JSON.stringify(body),
        keepalive,
        cache: "no-store",
        signal: AbortSignal.timeout(20_000),
      });
      if (response.ok) return { kind: "ok", body: (await response.json()) as T };
      if (response.status >= 500 || response.status === 429) return { kind: "unreachable" };
      return { kind: "refused", problem: await problemOf(response) };
    } catch {
      return { kind: "unreachable" };
    }
  }
}
