import { browserTimers } from "./alarms";
import type { Api, Problem } from "./api";
import { Attempt } from "./attempt";
import { ServerClock } from "./clock";
import type { Started } from "../model";
import { EncryptedStore, NoStore, type DeviceStore, type KeptFile } from "./store";

export type Opened =
  | { kind: "open"; attempt: Attempt; store: DeviceStore; files: KeptFile[] }
  | { kind: "refused"; problem: Problem }
  | { kind: "unreachable" };

/** Starts the attempt, or takes it up again with what this device still holds of it. */
export async function openAttempt(api: Api, device: string): Promise<Opened> {
  const clock = new ServerClock();
  const sent = clock.mark();
  const reply = await api.start(device);
  if (reply.kind !== "ok") return reply;
  const started = inCaseOrder(reply.body);
  clock.observe(started.now_ms, sent);
  api.use(started.attempt, started.token);
  const { store, ...kept } = await openStore(started.attempt);
  const parts = { api, store, clock, device, timers: browserTimers, deviceNow: Date.now, random: Math.random };
  return { kind: "open", attempt: new Attempt(started, parts, kept), store, files: kept.files };
}

/** A practical is walked task by task, in whatever order its slots were written down. */
export function inCaseOrder(started: Started): Started {
  const parts = started.form.case?.tasks.flatMap((task) => task.parts) ?? [];
  const place = ({ slot }: { slot: string }) => (parts.includes(slot) ? parts.indexOf(slot) : parts.length);
  return { ...started, order: { ...started.order, slots: [...started.order.slots].sort((a, b) => place(a) - place(b)) } };
}

async function openStore(attempt: number): Promise<{ store: DeviceStore } & Awaited<ReturnType<DeviceStore["load"]>>> {
  try {
    const store = await EncryptedStore.open(attempt);
    return { store, ...(await store.load()) };
  } catch {
    const store = new NoStore();
    return { store, ...(await store.load()) };
  }
}

/** The random id this browser keeps, by which the centre knows the device again. */
export function deviceId(): string {
  const fresh = () => crypto.randomUUID();
  try {
    const known = localStorage.getItem("exam-device") ?? fresh();
    localStorage.setItem("exam-device", known);
    return known;
  } catch {
    return fresh();
  }
}
