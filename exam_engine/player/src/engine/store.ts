import { openDB, type IDBPDatabase } from "idb";
import type { Json } from "../model";
import type { Pending } from "./queue";

/** Why answers were sealed on this device. */
export type SealReason = "time" | "hand_in";

/** A file that is kept here until the centre has all of it. */
export interface KeptFile {
  slot: string;
  name: string;
  size: number;
  sha256: string;
  bytes: ArrayBuffer;
}

/** What one attempt keeps on the device. Every write settles only once it is durable here. */
export interface DeviceStore {
  load(): Promise<{ saves: Pending[]; sealed: SealReason | null; files: KeptFile[] }>;
  put(save: Pending): Promise<void>;
  remove(seqs: number[]): Promise<void>;
  seal(reason: SealReason | null): Promise<void>;
  putFile(file: KeptFile): Promise<void>;
  removeFile(slot: string, sha256: string): Promise<void>;
  clear(): Promise<void>;
}

interface Locked {
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

const VERSION = 1;

function openDatabase(): Promise<IDBPDatabase> {
  return openDB("exam-player", VERSION, {
    upgrade(db) {
      for (const name of ["keys", "saves", "seals", "files"]) db.createObjectStore(name);
    },
  });
}

/** The device's own key; it can be used here but never read out or copied away. */
async function deviceKey(db: IDBPDatabase): Promise<CryptoKey> {
  const known = (await db.get("keys", "device")) as CryptoKey | undefined;
  if (known) return known;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await db.put("keys", key, "device");
  return key;
}

/** Keeps saves, seals and files in IndexedDB, encrypted with the device's key. */
export class EncryptedStore implements DeviceStore {
  private constructor(
    private readonly db: IDBPDatabase,
    private readonly key: CryptoKey,
    private readonly attempt: number,
  ) {}

  static async open(attempt: number): Promise<EncryptedStore> {
    const db = await openDatabase();
    return new EncryptedStore(db, await deviceKey(db), attempt);
  }

  async load(): Promise<{ saves: Pending[]; sealed: SealReason | null; files: KeptFile[] }> {
    const saves = await this.all<Omit<Pending, "written" | "sent" | "held">>("saves");
    const seal = (await this.db.get("seals", this.attempt)) as Locked | undefined;
    return {
      saves: saves.map((save) => ({ ...save, written: true, sent: true, held: false })),
      sealed: seal ? ((await this.unlock(seal)) as SealReason) : null,
      files: (await this.allRaw("files")).map(readFile),
    };
  }

  async put(save: Pending): Promise<void> {
    const { slot, seq, response, at_ms } = save;
    await this.db.put("saves", await this.lock({ slot, seq, response, at_ms }), [this.attempt, seq]);
  }

  async remove(seqs: number[]): Promise<void> {
    const work = this.db.transaction("saves", "readwrite", { durability: "relaxed" });
    await Promise.all([...seqs.map((seq) => work.store.delete([this.attempt, seq])), work.done]);
  }

  async seal(reason: SealReason | null): Promise<void> {
    if (reason === null) await this.db.delete("seals", this.attempt);
    else await this.db.put("seals", await this.lock(reason), this.attempt);
  }

  async putFile(file: KeptFile): Promise<void> {
    await this.db.put("files", await this.lockRaw(writeFile(file)), [this.attempt, file.slot, file.sha256]);
  }

  async removeFile(slot: string, sha256: string): Promise<void> {
    await this.db.delete("files", [this.attempt, slot, sha256]);
  }

  async clear(): Promise<void> {
    const work = this.db.transaction(["saves", "seals", "files"], "readwrite");
    const range = IDBKeyRange.bound([this.attempt], [this.attempt, []]);
    await Promise.all([
      work.objectStore("saves").delete(range),
      work.objectStore("files").delete(range),
      work.objectStore("seals").delete(this.attempt),
      work.done,
    ]);
  }

  private async allRaw(name: string): Promise<ArrayBuffer[]> {
    const rows = (await this.db.getAll(name, IDBKeyRange.bound([this.attempt], [this.attempt, []]))) as Locked[];
    return Promise.all(rows.map((row) => this.unlockRaw(row)));
  }

  private async all<T>(name: string): Promise<T[]> {
    return (await this.allRaw(name)).map((raw) => JSON.parse(new TextDecoder().decode(raw)) as T);
  }

  private lock(value: Json): Promise<Locked> {
    return this.lockRaw(new TextEncoder().encode(JSON.stringify(value)));
  }

  private async lockRaw(bytes: BufferSource): Promise<Locked> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, bytes) };
  }

  private async unlock(row: Locked): Promise<Json> {
    return JSON.parse(new TextDecoder().decode(await this.unlockRaw(row))) as Json;
  }

  private unlockRaw(row: Locked): Promise<ArrayBuffer> {
    return crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, this.key, row.data);
  }
}

/** A file as one run of bytes: the length of its head, the head as JSON, the bytes. */
function writeFile({ bytes, ...head }: KeptFile): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const out = new Uint8Array(4 + json.length + bytes.byteLength);
  new DataView(out.buffer).setUint32(0, json.length);
  out.set(json, 4);
  out.set(new Uint8Array(bytes), 4 + json.length);
  return out;
}

function readFile(raw: ArrayBuffer): KeptFile {
  const start = 4 + new DataView(raw).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(raw.slice(4, start))) as Omit<KeptFile, "bytes">;
  return { ...head, bytes: raw.slice(start) };
}

/** Used where the browser keeps nothing: every write fails, and the candidate is told so. */
export class NoStore implements DeviceStore {
  load = () => Promise.resolve({ saves: [], sealed: null, files: [] });
  put = () => Promise.reject(new Error("no storage"));
  remove = () => Promise.resolve();
  seal = () => Promise.resolve();
  putFile = () => Promise.reject(new Error("no storage"));
  removeFile = () => Promise.resolve();
  clear = () => Promise.resolve();
}
