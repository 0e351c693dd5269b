import { describe, expect, it } from "vitest";
import { saveDigest } from "../src/engine/digest";
import type { Save } from "../src/engine/api";
import { inCaseOrder } from "../src/engine/open";
import { Centre, MemoryStore, settle, sitDown, startedAt, Time } from "./centre";

const seqs = (saves: Save[]) => saves.map(({ seq }) => seq);

describe("a change", () => {
  it("is on the device before it is sent, and leaves it once the centre has it", async () => {
    const { attempt, centre, store } = await sitDown();
    let keptFirst = false;
    const save = centre.save.bind(centre);
    centre.save = (saves) => {
      keptFirst = saves.every(({ seq }) => store.saves.has(seq));
      return save(saves);
    };
    attempt.change("q1", "B");
    await settle();
    expect(keptFirst).toBe(true);
    expect(centre.newest("q1")).toBe("B");
    expect(store.saves.size).toBe(0);
  });

  it("counts as at the centre only after the centre answered for it", async () => {
    const { attempt } = await sitDown();
    attempt.change("q1", "B");
    expect(attempt.saveState()).toEqual({ kind: "device" });
    await settle();
    await settle();
    expect(attempt.saveState()).toMatchObject({ kind: "centre" });
  });

  it("does not count as stored when the centre answers with another digest", async () => {
    const { attempt, centre } = await sitDown();
    centre.judge = ({ seq, slot }) => ({ seq, slot, state: "stored", digest: "0".repeat(64), stored_ms: 1 });
    attempt.change("q1", "B");
    await settle();
    expect(attempt.waiting()).toEqual(new Set(["q1"]));
  });

  it("goes with the digest that the centre can recompute", async () => {
    const { attempt, centre } = await sitDown();
    attempt.change("q1", { r2: "c", r1: "ä" });
    await settle();
    expect(centre.requests[0]?.[0]?.digest).toBe(await saveDigest(7, "q1", 1, { r1: "ä", r2: "c" }));
  });

  it("continues the numbers of the centre, whichever device gave them", async () => {
    const { attempt, centre } = await sitDown({ last_seq: 40 });
    attempt.change("q1", "A");
    await settle();
    expect(seqs(centre.requests[0] ?? [])).toEqual([41]);
  });
});

describe("typing", () => {
  it("goes into one save for up to a second, and is kept on the device at every stroke", async () => {
    const { attempt, centre, store, time } = await sitDown();
    for (const text of ["p", "pr", "pro"]) attempt.change("q1", text, true);
    await settle();
    expect([...store.saves.values()].map(({ response }) => response)).toEqual(["pro"]);
    expect(centre.requests).toEqual([]);
    await time.pass(1000);
    expect(centre.requests.map(seqs)).toEqual([[1]]);
    expect(centre.newest("q1")).toBe("pro");
  });

  it("is not put off by further strokes: a second after the first one it is sent", async () => {
    const { attempt, centre, time } = await sitDown();
    attempt.change("q1", "a", true);
    await time.pass(700);
    attempt.change("q1", "ab", true);
    await time.pass(300);
    expect(centre.newest("q1")).toBe("ab");
  });

  it("is sent at once when it is flushed", async () => {
    const { attempt, centre } = await sitDown();
    attempt.change("q1", "abc", true);
    attempt.flush();
    await settle();
    expect(centre.newest("q1")).toBe("abc");
  });

  it("never changes a save that was on the wire", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.loseReplies = 1;
    attempt.change("q1", "a", true);
    attempt.flush();
    await settle();
    attempt.change("q1", "ab", true);
    await time.pass(3000);
    expect([...centre.stored.values()].map(({ seq, response }) => [seq, response])).toEqual([[1, "a"], [2, "ab"]]);
  });
});

describe("a lost reply", () => {
  it("is repaired by sending the same save again, which the centre knows", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.loseReplies = 1;
    attempt.change("q1", "B");
    await settle();
    expect(attempt.saveState()).toEqual({ kind: "offline", waiting: 1 });
    await time.pass(2000);
    expect(centre.requests.map(seqs)).toEqual([[1], [1]]);
    expect(attempt.saveState()).toMatchObject({ kind: "centre" });
  });
});

describe("offline", () => {
  it("keeps every answer, counts the questions, and sends in order when the centre is back", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.reachable = false;
    for (const [slot, answer] of [["q1", "A"], ["q2", "B"], ["q1", "C"]] as const) attempt.change(slot, answer);
    await time.pass(5000);
    expect(attempt.saveState()).toEqual({ kind: "offline", waiting: 2 });
    centre.reachable = true;
    attempt.retryNow();
    await settle();
    await settle();
    expect(centre.requests.flatMap(seqs)).toEqual([1, 2, 3]);
    expect(centre.newest("q1")).toBe("C");
  });

  it("sends at most fifty saves at once", async () => {
    const { attempt, centre } = await sitDown();
    centre.reachable = false;
    for (let n = 0; n < 120; n += 1) attempt.change("q1", `answer ${n}`);
    await settle();
    centre.reachable = true;
    attempt.retryNow();
    for (let turn = 0; turn < 6; turn += 1) await settle();
    expect(centre.requests.map(({ length }) => length)).toEqual([50, 50, 20]);
  });

  it("waits longer after each failure instead of hammering", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.reachable = false;
    const tries: number[] = [];
    const save = centre.save.bind(centre);
    centre.save = (saves) => {
      tries.push(time.now);
      return save(saves);
    };
    attempt.change("q1", "A");
    await time.pass(16_000);
    expect(tries.map((at) => at - (tries[0] ?? 0))).toEqual([0, 1000, 3000, 7000, 15_000]);
  });

  it("keeps what was not sent for the next visit of the page", async () => {
    const { attempt, centre, store, time } = await sitDown();
    centre.reachable = false;
    attempt.change("q2", "D");
    await settle();
    attempt.stop();
    centre.reachable = true;
    const again = await sitDown({}, store, time, centre);
    expect(again.attempt.answers.get("q2")).toBe("D");
    await settle();
    expect(centre.newest("q2")).toBe("D");
  });

  it("does not bring back an answer that was replaced on another device meanwhile", async () => {
    const { attempt, centre, store, time } = await sitDown();
    centre.reachable = false;
    attempt.change("q1", "old");
    await settle();
    attempt.stop();
    centre.reachable = true;
    const again = await sitDown({ last_seq: 3, answers: { q1: { response: "new", seq: 3 } } }, store, time, centre);
    await settle();
    expect(again.attempt.answers.get("q1")).toBe("new");
    expect(centre.requests).toEqual([]);
  });
});

describe("a number that is taken", () => {
  it("is replaced by the next free one, for this save and those behind it", async () => {
    const { attempt, centre } = await sitDown();
    centre.stored.set(1, { slot: "q3", seq: 1, response: "X", at_ms: 0, digest: "other", stored_ms: 0 });
    centre.stored.set(2, { slot: "q3", seq: 2, response: "Y", at_ms: 0, digest: "other", stored_ms: 0 });
    attempt.change("q1", "A");
    attempt.change("q2", "B");
    for (let turn = 0; turn < 4; turn += 1) await settle();
    expect([...centre.stored.values()].map(({ seq, slot, response }) => [seq, slot, response])).toEqual([
      [1, "q3", "X"], [2, "q3", "Y"], [3, "q1", "A"], [4, "q2", "B"],
    ]);
    expect(attempt.waiting().size).toBe(0);
  });

  it("is replaced too when the whole request was refused for it", async () => {
    const { attempt, centre } = await sitDown();
    centre.refusal = { status: 409, code: "sequence_taken", last_seq: 9 };
    attempt.change("q1", "A");
    const save = centre.save.bind(centre);
    centre.save = async (saves) => {
      const reply = await save(saves);
      centre.refusal = null;
      return reply;
    };
    for (let turn = 0; turn < 3; turn += 1) await settle();
    expect([...centre.stored.keys()]).toEqual([10]);
  });
});

describe("a refused save", () => {
  it("does not hide the others, and the candidate learns of it", async () => {
    const { attempt, centre } = await sitDown();
    centre.judge = ({ seq, slot, digest }) => (slot === "q1" ? { seq, slot, digest, state: "refused", code: "wrong_shape", detail: "no such option" } : null);
    attempt.change("q1", "Z");
    attempt.change("q2", "B");
    await settle();
    await settle();
    expect(attempt.refused).toEqual(new Map([["q1", "no such option"]]));
    expect(centre.newest("q2")).toBe("B");
    attempt.change("q1", "A");
    expect(attempt.refused.size).toBe(0);
  });
});

describe("the end", () => {
  it("is handed in by itself at the deadline of the centre, with everything", async () => {
    const { attempt, centre, time } = await sitDown();
    await time.pass(59_500);
    attempt.change("q1", "last words", true);
    await time.pass(1500);
    await settle();
    expect(attempt.phase).toBe("handed_in");
    expect(centre.newest("q1")).toBe("last words");
    expect(centre.submitted).toEqual([{ lastSeq: 1, head: "head-1" }]);
  });

  it("takes no answer after the deadline, online or not", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.reachable = false;
    await time.pass(61_000);
    attempt.change("q1", "too late");
    expect(attempt.phase).toBe("sealed");
    expect(attempt.answers.has("q1")).toBe(false);
  });

  it("seals on this device when the centre cannot be reached, and delivers when it can", async () => {
    const { attempt, centre, store, time } = await sitDown();
    centre.reachable = false;
    attempt.change("q1", "A");
    await time.pass(61_000);
    expect([attempt.phase, attempt.sealedFor, store.sealed]).toEqual(["sealed", "time", "time"]);
    centre.reachable = true;
    await time.pass(25_000);
    expect(attempt.phase).toBe("handed_in");
    expect(centre.newest("q1")).toBe("A");
    expect(store.cleared).toBe(true);
  });

  it("opens again when time was added while the centre could not be reached", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.reachable = false;
    await time.pass(61_000);
    centre.deadline += 600_000;
    centre.reachable = true;
    await time.pass(25_000);
    expect(attempt.phase).toBe("open");
    expect(centre.submitted).toEqual([]);
  });

  it("follows the centre's deadline and not the device's clock", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.deadline += 600_000;
    await time.pass(61_000);
    expect(attempt.phase).toBe("open");
    expect(attempt.remainingMs()).toBe(centre.deadline - time.now);
  });

  it("hands in offline by sealing, even across a reload", async () => {
    const { attempt, centre, store, time } = await sitDown();
    centre.reachable = false;
    attempt.change("q1", "A");
    attempt.handIn();
    await settle();
    attempt.stop();
    centre.reachable = true;
    const again = await sitDown({}, store, time, centre);
    for (let turn = 0; turn < 4; turn += 1) await settle();
    expect(again.attempt.phase).toBe("handed_in");
    expect(centre.newest("q1")).toBe("A");
  });

  it("fills a number that never arrived, so that a gap cannot keep the exam from being handed in", async () => {
    const { attempt, centre } = await sitDown({ last_seq: 2 });
    centre.missing = [[2]];
    attempt.change("q1", "A");
    await settle();
    attempt.handIn();
    for (let turn = 0; turn < 6; turn += 1) await settle();
    expect(centre.stored.get(2)?.slot).toBe("_view");
    expect(attempt.phase).toBe("handed_in");
  });

  it("waits for files that are still being sent", async () => {
    const { attempt, centre, time } = await sitDown();
    const sending = new Set(["q3"]);
    attempt.alsoWaiting = () => sending;
    attempt.handIn();
    await settle();
    expect([centre.submitted, attempt.saveState()]).toEqual([[], { kind: "device" }]);
    sending.clear();
    attempt.retryNow();
    await time.pass(100);
    expect(attempt.phase).toBe("handed_in");
  });
});

describe("the centre's word", () => {
  it("pauses: the clock stands still, answers wait, and go out when the exam goes on", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.status = "paused";
    centre.notices = [{ id: 1, kind: "paused", at_ms: time.now + 20_000 }];
    await time.pass(20_000);
    expect(attempt.phase).toBe("paused");
    const left = attempt.remainingMs();
    await time.pass(15_000);
    expect(attempt.remainingMs()).toBe(left);
    centre.status = "open";
    centre.deadline += 20_000;
    await time.pass(20_000);
    expect(attempt.phase).toBe("open");
  });

  it("moves the exam to another device: this one stops and sends nothing more", async () => {
    const { attempt, centre } = await sitDown();
    centre.refusal = { status: 409, code: "session_moved" };
    attempt.change("q1", "A");
    await settle();
    expect(attempt.phase).toBe("moved");
    attempt.change("q1", "B");
    expect(attempt.answers.get("q1")).toBe("A");
  });

  it("adds time with its next message", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.deadline += 600_000;
    centre.notices = [{ id: 4, kind: "time_added", at_ms: time.now, minutes: 10 }];
    await time.pass(20_000);
    expect(attempt.notices.map(({ minutes }) => minutes)).toEqual([10]);
    expect(attempt.remainingMs()).toBe(640_000);
  });

  it("asks for the attempt again when the token is not accepted", async () => {
    const { attempt, centre, time } = await sitDown();
    const save = centre.save.bind(centre);
    let refused = 0;
    centre.save = (saves) => {
      refused += 1;
      return refused === 1 ? Promise.resolve({ kind: "refused", problem: { status: 401, code: "bad_token" } }) : save(saves);
    };
    attempt.change("q1", "A");
    await time.pass(3000);
    expect(centre.starts).toBe(1);
    expect(centre.newest("q1")).toBe("A");
  });
});

describe("an exam that the centre closed", () => {
  it("is handed in with what was still here, kept aside as it may be", async () => {
    const { attempt, centre, time } = await sitDown();
    centre.reachable = false;
    attempt.change("q1", "A");
    await settle();
    centre.status = "closed";
    centre.judge = ({ seq, slot, digest }) => ({ seq, slot, digest, state: "late" });
    centre.reachable = true;
    await time.pass(25_000);
    expect([attempt.phase, attempt.lateSaves, attempt.waiting().size]).toEqual(["handed_in", 1, 0]);
  });
});

describe("a device that cannot keep answers", () => {
  it("says so, and still sends them", async () => {
    const store = new MemoryStore();
    store.works = false;
    const time = new Time();
    const { attempt, centre } = await sitDown({}, store, time, new Centre(time));
    attempt.change("q1", "A");
    await settle();
    await settle();
    expect(attempt.ledger.storageWorks).toBe(false);
    expect(centre.newest("q1")).toBe("A");
  });

  it("is not held up by what it could not keep once it can again", async () => {
    const { attempt, centre, store } = await sitDown();
    centre.reachable = false;
    store.works = false;
    attempt.change("q1", "A");
    await settle();
    store.works = true;
    attempt.change("q2", "B");
    await settle();
    centre.reachable = true;
    attempt.retryNow();
    await settle();
    expect([attempt.ledger.storageWorks, centre.newest("q1"), centre.newest("q2")]).toEqual([true, "A", "B"]);
  });
});

describe("a practical", () => {
  it("is walked task by task, whatever order its slots came in", () => {
    const theCase = { title: "Case", exhibits: [], tasks: [{ id: "t1", parts: ["t1/a", "t1/b"] }, { id: "t2", parts: ["t2/a"] }] };
    const slots = ["t2/a", "t1/b", "t1/a"].map((slot) => ({ slot, item: slot }));
    const started = startedAt(new Centre(new Time()), { order: { slots }, form: { items: {}, case: theCase } });
    expect(inCaseOrder(started).order.slots.map(({ slot }) => slot)).toEqual(["t1/a", "t1/b", "t2/a"]);
  });

  it("leaves a theory paper in the candidate's own order", () => {
    const slots = ["q3", "q1", "q2"].map((slot) => ({ slot, item: slot }));
    expect(inCaseOrder(startedAt(new Centre(new Time()), { order: { slots } })).order.slots).toEqual(slots);
  });
});
