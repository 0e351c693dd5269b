import { describe, expect, it } from "vitest";
import type { Api, Piece, Reply } from "../src/engine/api";
import { sha256 } from "../src/engine/digest";
import { Uploads, withFile } from "../src/engine/uploads";
import type { Json, PublicItem } from "../src/model";
import { Centre, MemoryStore, Time } from "./centre";

const item: PublicItem = { id: "t2/c", type: "files", accept: ["pdf", "docx"], max_bytes: 1000 };
const file = (name: string, text: string) => new File([text], name);

class FileCentre extends Centre {
  received = "";
  pieces: number[] = [];
  wrongType = false;
  failAfter = Number.POSITIVE_INFINITY;

  override openFile = (): ReturnType<Api["openFile"]> =>
    Promise.resolve(this.reachable ? { kind: "ok" as const, body: { file: "f1", offset: this.received.length, piece: 4 } } : { kind: "unreachable" as const });

  override sendPiece = async (_file?: string, offset = 0, bytes = new Blob()): Promise<Reply<Piece>> => {
    if (this.pieces.length >= this.failAfter) return { kind: "unreachable" };
    if (this.wrongType) return { kind: "refused", problem: { status: 415, code: "wrong_type" } };
    if (offset !== this.received.length) return { kind: "refused", problem: { status: 409, code: "wrong_offset", offset: this.received.length } };
    this.pieces.push(offset);
    this.received += await bytes.text();
    const complete = this.received.length >= 10;
    return { kind: "ok", body: { offset: this.received.length, complete, ...(complete ? { stored_ms: 77 } : {}) } };
  };
}

function desk(centre = new FileCentre(new Time())) {
  const answers = new Map<string, Json>();
  const host = { answer: (slot: string) => answers.get(slot), change: (slot: string, response: Json) => void answers.set(slot, response), changed: () => undefined, isOpen: () => true };
  return { centre, answers, uploads: new Uploads(centre, new MemoryStore(), host) };
}

describe("a file", () => {
  it("is sent in pieces, and becomes the answer once the centre has all of it", async () => {
    const { centre, answers, uploads } = desk();
    await uploads.add("t2/c", item, file("change.pdf", "0123456789"), null);
    expect(centre.pieces).toEqual([0, 4, 8]);
    const digest = await sha256(new TextEncoder().encode("0123456789"));
    expect(answers.get("t2/c")).toEqual([{ name: "change.pdf", sha256: digest, size: 10 }]);
    expect([uploads.of("t2/c"), uploads.storedAt[digest]]).toEqual([[], 77]);
  });

  it("goes on from where the centre has got to", async () => {
    const { centre, answers, uploads } = desk();
    centre.failAfter = 2;
    await uploads.add("t2/c", item, file("change.pdf", "0123456789"), null);
    expect(uploads.of("t2/c")[0]).toMatchObject({ state: "kept", sent: 8 });
    expect(uploads.hasWork()).toBe(true);
    centre.failAfter = Number.POSITIVE_INFINITY;
    await uploads.pump();
    expect(centre.pieces).toEqual([0, 4, 8]);
    expect(answers.has("t2/c")).toBe(true);
  });

  it.each([["diagram.vsdx", "x", "wrong_type"], ["big.pdf", "x".repeat(1001), "too_large"], ["empty.pdf", "", "empty"]])(
    "%s is refused here, with the reason",
    async (name, text, reason) => {
      const { centre, uploads } = desk();
      await uploads.add("t2/c", item, file(name, text), null);
      expect(uploads.of("t2/c")).toMatchObject([{ name, state: "refused", reason }]);
      expect(centre.pieces).toEqual([]);
    },
  );

  it("that the centre refuses leaves the earlier file as it was", async () => {
    const { centre, answers, uploads } = desk();
    answers.set("t2/c", [{ name: "a.pdf", sha256: "aa", size: 1 }]);
    centre.wrongType = true;
    await uploads.add("t2/c", item, file("b.pdf", "not a pdf"), "aa");
    expect(uploads.of("t2/c")).toMatchObject([{ state: "refused", reason: "wrong_type" }]);
    expect(answers.get("t2/c")).toEqual([{ name: "a.pdf", sha256: "aa", size: 1 }]);
    expect(uploads.hasWork()).toBe(false);
  });

  it("that comes too late is given up, so that it cannot keep the exam from being handed in", async () => {
    const { centre, uploads } = desk();
    centre.openFile = () => Promise.resolve({ kind: "refused", problem: { status: 409, code: "too_late" } });
    await uploads.add("t2/c", item, file("b.pdf", "0123456789"), null);
    expect(uploads.of("t2/c")).toMatchObject([{ state: "refused", reason: "late" }]);
    expect(uploads.hasWork()).toBe(false);
  });

  it("takes the place of the one it replaces, and never more places than there are", () => {
    const [a, b] = [{ name: "a", sha256: "aa", size: 1 }, { name: "b", sha256: "bb", size: 1 }];
    const c = { name: "c", sha256: "cc", size: 1 };
    const names = (answer: Json, replaces: string | null, maxFiles: number) => withFile(answer, { ...c, replaces, maxFiles }).map(({ name }) => name);
    expect([names([a, b], "aa", 2), names([a], null, 3), names([a], null, 1)]).toEqual([["b", "c"], ["a", "c"], ["c"]]);
  });
});
