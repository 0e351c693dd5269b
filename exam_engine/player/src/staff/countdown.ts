// The waiting room: counts by the centre's clock, opens the door at the time, and looks at the device.

import { startClock } from "../centre-clock";

const room = document.querySelector<HTMLElement>("[data-countdown]");
const STALE_MS = 60_000;
const DAY_MS = 86_400_000;

/** mm:ss, from an hour h:mm:ss; whole days stay as the page says them. */
function sayLeft(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

function count(place: HTMLElement): void {
  const opens = Number(place.dataset["at"]);
  const clock = place.querySelector<HTMLElement>("[data-clock]");
  const left = place.querySelector<HTMLElement>("[data-left]");
  if (!clock) return;
  startClock(clock, Number(place.dataset["now"]), (now) => {
    if (opens <= now) open(place);
    else if (left && opens - now < DAY_MS) left.textContent = sayLeft(opens - now);
  });
  const loaded = Date.now();
  document.addEventListener("visibilitychange", () => {
    // After a sleep the clock of this device may have jumped: ask the centre again.
    if (document.visibilityState === "visible" && Date.now() - loaded > STALE_MS) location.reload();
  });
}

function open(place: HTMLElement): void {
  place.querySelector("[data-before]")?.remove();
  place.querySelector("[data-door]")?.removeAttribute("hidden");
}

async function canReach(): Promise<boolean> {
  try {
    return (await fetch("/healthz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

function canStore(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open("exam-device-check");
      request.onerror = () => { resolve(false); };
      request.onsuccess = () => {
        request.result.close();
        indexedDB.deleteDatabase("exam-device-check");
        resolve(true);
      };
    } catch {
      resolve(false);
    }
  });
}

async function check(place: HTMLElement): Promise<void> {
  const found: Record<string, boolean> = {
    storage: await canStore(),
    crypto: window.isSecureContext && "subtle" in crypto,
    screen: window.innerWidth >= 720,
    network: await canReach(),
  };
  for (const row of place.querySelectorAll<HTMLElement>("[data-check]")) {
    const isGood = found[row.dataset["check"] ?? ""] === true;
    for (const part of row.querySelectorAll<HTMLElement>(isGood ? "[data-good]" : "[data-bad]")) part.hidden = false;
  }
  if (Object.values(found).includes(false)) place.querySelector("[data-advice]")?.removeAttribute("hidden");
  place.hidden = false;
}

if (room) count(room);
const device = document.querySelector<HTMLElement>("[data-device]");
if (device) void check(device);
