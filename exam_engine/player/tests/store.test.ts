import "fake-indexeddb/auto";
import { openDB } from "idb";
import { describe, expect, it } from "vitest";
import { EncryptedStore } from "../src/engine/store";

const save = (seq: number, response: string) => ({ slot: "q1", seq, response, at_ms: 1, written: false, sent: false, held: false });

describe("the device's store", () => {
  it("gives back what it was given, attempt by attempt", async () => {
    const [mine, other] = [await EncryptedStore.open(1), await EncryptedStore.open(2)];
    await mine.put(save(1, "A"));
    await mine.put(save(2, "B"));
    await other.put(save(1, "C"));
    await mine.remove([1]);
    expect((await mine.load()).saves.map(({ seq, response }) => [seq, response])).toEqual([[2, "B"]]);
    expect((await other.load()).saves.map(({ response }) => response)).toEqual(["C"]);
  });

  it("holds no answer in the clear, and a key that cannot be read out", async () => {
    const store = await EncryptedStore.open(3);
    await store.put(save(1, "a secret answer"));
    const db = await openDB("exam-player");
    const row = await db.get("saves", [3, 1]);
    expect(new TextDecoder("latin1").decode(row.data)).not.toContain("secret");
    const key = (await db.get("keys", "device")) as CryptoKey;
    expect(key.extractable).toBe(false);
  });

  it("takes what it keeps as sent before: a body the centre may know never changes", async () => {
    const store = await EncryptedStore.open(4);
    await store.put(save(1, "A"));
    expect((await store.load()).saves[0]).toMatchObject({ written: true, sent: true, held: false });
  });

  it("keeps files byte for byte, and that answers were sealed", async () => {
    const store = await EncryptedStore.open(5);
    const bytes = new Uint8Array([0, 255, 7]).buffer;
    await store.putFile({ slot: "t2/c", name: "变更.pdf", size: 3, sha256: "ab", bytes });
    await store.seal("time");
    const { files, sealed } = await store.load();
    expect([files[0]?.name, new Uint8Array(files[0]?.bytes ?? new ArrayBuffer(0)), sealed]).toEqual(["变更.pdf", new Uint8Array([0, 255, 7]), "time"]);
  });

  it("is empty after the receipt, for this attempt alone", async () => {
    const [mine, other] = [await EncryptedStore.open(6), await EncryptedStore.open(7)];
    await mine.put(save(1, "A"));
    await mine.putFile({ slot: "t1/a", name: "a", size: 0, sha256: "x", bytes: new ArrayBuffer(0) });
    await mine.seal("hand_in");
    await other.put(save(1, "B"));
    await mine.clear();
    expect(await mine.load()).toEqual({ saves: [], sealed: null, files: [] });
    expect((await other.load()).saves).toHaveLength(1);
  });
});
