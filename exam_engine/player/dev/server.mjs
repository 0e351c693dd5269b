// A centre in memory, for looking at the player: docs/player-api.md with sample papers, and a switch for every state.
//   npm run build && npm run dev [port] [papers]   pages: /exam/theory, /exam/types, /exam/case, /exam/case1 …; ?lang=zh-CN
//   papers: a JSON file of other papers {"now": ms, "papers": {name: {slots, form, title, short_title}}}, its clock stands at `now`
//   POST /control {"down": true, "paused": true, "add": 10, "moved": true, "note": "…", "minutes": 4, "reset": true}
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const here = import.meta.dirname;
const root = join(here, "../../..");
const port = Number(process.argv[2] ?? 8090);
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'";

const FORMS = `
import json, sys
from question_bank import load
from exam_engine.sittings.papers import draw_case, draw_theory
bank = load("question_bank/banks/itsm")
first = {}
for item in bank.items: first.setdefault(item["type"], item)
rest = [item for item in bank.items if item not in first.values()]
theory = [*rest[:5], *first.values(), *rest[5:]][:60]
draws = {"theory": draw_theory(theory), "types": draw_theory(first.values()), **{f"case{n or ''}": draw_case(case) for n, case in enumerate(bank.cases)}}
json.dump({"papers": {name: {"slots": [{"slot": s["slot"], "item": s["item"]} for s in d.slots], "form": json.loads(d.public)} for name, d in draws.items()}}, sys.stdout)
`;
const python = existsSync(join(root, ".venv/bin/python")) ? join(root, ".venv/bin/python") : "python3";
const given = process.argv[3] ? readFileSync(process.argv[3]) : execFileSync(python, ["-c", FORMS], { cwd: root, maxBuffer: 1e8 });
const { papers, now: stands } = JSON.parse(given);
const clock = () => stands ?? Date.now();

const control = { down: false, paused: false, moved: false };
const attempts = new Map();

function attemptAt(paper) {
  const known = attempts.get(paper);
  if (known) return known;
  const fresh = { id: attempts.size + 17, paper, started: clock(), deadline: clock() + 90 * 60_000, saves: new Map(), newest: new Map(), messages: [], receipt: null, files: new Map(), head: "0".repeat(64) };
  attempts.set(paper, fresh);
  return fresh;
}

const lastSeq = (attempt) => Math.max(0, ...attempt.saves.keys());
const status = (attempt) => (attempt.receipt ? "submitted" : control.paused ? "paused" : "open");
const state = (attempt) => ({ now_ms: clock(), deadline_ms: attempt.deadline, status: status(attempt), messages: attempt.messages, last_seq: lastSeq(attempt) });
const problem = (code, http, data = {}) => ({ http, body: { type: "about:blank", title: code, status: http, code, detail: code, ...data } });

function start(name) {
  const attempt = attemptAt(name);
  if (control.moved) return problem("open_elsewhere", 409, { request: "4821" });
  if (attempt.receipt) return problem("already_handed_in", 409, { receipt: attempt.receipt });
  const { slots, form, title, short_title } = papers[name];
  const kind = form.case ? "practical" : "theory";
  const answers = Object.fromEntries([...attempt.newest].filter(([slot]) => slot !== "_view").map(([slot, save]) => [slot, { response: save.response, seq: save.seq }]));
  const paper = {
    title: title ?? { en: `ITSM Intermediate, ${kind} paper`, "zh-CN": kind === "theory" ? "中级 · 理论考试" : "中级 · 实践考试" },
    short_title: short_title ?? { en: `Intermediate ${kind}`, "zh-CN": kind === "theory" ? "中级 · 理论" : "中级 · 实践" },
    kind, level: "intermediate", minutes: 90, languages: ["zh-CN", "en"], count: slots.length, marks: "60",
  };
  const links = { receipt: `/attempts/${attempt.id}/receipt`, home: "/" };
  return { http: 200, body: { attempt: attempt.id, token: "t", ...state(attempt), started_ms: attempt.started, grace_s: 10, paper, order: { slots }, form, answers, view: attempt.newest.get("_view")?.response ?? null, head: attempt.head, heartbeat_s: 5, links } };
}

function saveOne(attempt, save) {
  const known = attempt.saves.get(save.seq);
  const base = { seq: save.seq, slot: save.slot, digest: save.digest };
  if (known) return known.digest === save.digest ? { ...base, state: "duplicate", stored_ms: known.stored_ms } : { ...base, state: "conflict", code: "sequence_taken" };
  if (clock() > attempt.deadline + 10_000) return { ...base, state: "late", code: "too_late" };
  const stored = { ...save, stored_ms: clock() };
  attempt.saves.set(save.seq, stored);
  if ((attempt.newest.get(save.slot)?.seq ?? 0) < save.seq) attempt.newest.set(save.slot, stored);
  attempt.head = createHash("sha256").update(attempt.head + save.digest).digest("hex");
  return { ...base, state: "stored", stored_ms: stored.stored_ms };
}

function submit(attempt, { last_seq }) {
  const missing = Array.from({ length: last_seq }, (_, n) => n + 1).filter((seq) => !attempt.saves.has(seq));
  if (missing.length > 0 && clock() < attempt.deadline) return problem("answers_missing", 409, { missing });
  const answered = [...attempt.newest].filter(([slot, { response }]) => slot !== "_view" && response !== null).length;
  attempt.receipt ??= { number: "R-7K42-Q9XD", at_ms: clock(), answered, count: papers[attempt.paper].slots.length, digest: attempt.head, url: `/attempts/${attempt.id}/receipt` };
  return { http: 200, body: { status: "submitted", receipt: attempt.receipt } };
}

function openFile(attempt, { name, size, sha256 }) {
  if (!/\.(pdf|docx|xlsx|png|txt)$/i.test(name)) return problem("wrong_type", 415);
  const file = attempt.files.get(sha256) ?? { id: `f${sha256.slice(0, 8)}`, size, offset: 0 };
  attempt.files.set(sha256, file);
  return { http: 200, body: { file: file.id, offset: file.offset, piece: 262_144 } };
}

function addPiece(attempt, id, offset, bytes) {
  const file = [...attempt.files.values()].find((each) => each.id === id);
  if (file.offset === file.size) return { http: 200, body: { offset: file.size, complete: true, stored_ms: clock() } };
  if (file.offset !== offset) return problem("wrong_offset", 409, { offset: file.offset });
  file.offset += bytes.length;
  const complete = file.offset >= file.size;
  return { http: 200, body: { offset: file.offset, complete, ...(complete ? { stored_ms: clock() } : {}) } };
}

function answer(method, url, bytes) {
  const [, , , kind, id, act, file] = url.pathname.split("/");
  if (control.down) return { http: 503, body: {} };
  if (kind === "papers") return start(id);
  const attempt = [...attempts.values()].find((each) => String(each.id) === id);
  if (!attempt) return problem("bad_token", 401);
  if (control.moved) return problem("session_moved", 409);
  const body = method === "PUT" ? {} : JSON.parse(bytes.toString() || "{}");
  if (act === "heartbeat") return { http: 200, body: state(attempt) };
  if (act === "submit") return submit(attempt, body);
  if (attempt.receipt) return problem("handed_in", 409, { receipt: attempt.receipt });
  if (control.paused) return problem("paused", 423);
  if (act === "files") return method === "PUT" ? addPiece(attempt, file, Number(url.searchParams.get("offset")), bytes) : openFile(attempt, body);
  const results = body.saves.map((save) => saveOne(attempt, save));
  return { http: 200, body: { ...state(attempt), head: attempt.head, results } };
}

function setControl(body) {
  const { reset, add, note, minutes, ...switches } = body;
  if (reset) attempts.clear();
  Object.assign(control, switches);
  for (const attempt of attempts.values()) {
    const message = (kind, data) => attempt.messages.push({ id: attempt.messages.length + 1, kind, at_ms: clock(), ...data });
    if (minutes !== undefined) attempt.deadline = clock() + minutes * 60_000;
    if (add) attempt.deadline += add * 60_000;
    if (add) message("time_added", { minutes: add, text: null });
    if (note) message("note", { text: note });
    if (switches.paused !== undefined) message(switches.paused ? "paused" : "resumed", { text: null });
  }
  return { http: 200, body: control };
}

function page({ pathname, searchParams }) {
  const exam = /^\/exam\/(\w+)$/.exec(pathname)?.[1];
  const lang = searchParams.get("lang") === "zh-CN" ? "zh-CN" : "en";
  if (!exam) return `<!doctype html><html lang="en"><title>Receipt</title><h1>Receipt</h1></html>`;
  const sheets = ["tokens", "base", "candidate", "player"].map((name) => `<link rel="stylesheet" href="/static/${name}.css">`).join("");
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="csrf-token" content="c"><title>Exam</title>${sheets}<script type="module" src="/static/player.js"></script></head><body><exam-player data-start="/api/v1/papers/${exam}/start" data-lang="${lang}" data-name="Li Na"></exam-player></body></html>`;
}

createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const send = (code, type, body) => response.writeHead(code, { "Content-Type": type, "Content-Security-Policy": CSP, "Cache-Control": "no-store" }).end(body);
  if (url.pathname === "/control") return send(200, "application/json", JSON.stringify(setControl(JSON.parse(bytes.toString())).body));
  if (url.pathname.startsWith("/api/")) {
    const { http, body } = answer(request.method, url, bytes);
    return send(http, http < 400 ? "application/json" : "application/problem+json", JSON.stringify(body));
  }
  if (!url.pathname.startsWith("/static/")) return send(200, "text/html; charset=utf-8", page(url));
  const path = join(here, "../dist", url.pathname.slice(7));
  return existsSync(path) ? send(200, TYPES[extname(path)] ?? "application/octet-stream", readFileSync(path)) : send(404, "text/plain", "");
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/exam/theory`));
