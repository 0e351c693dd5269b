// The waiting room: counts by the centre's clock, opens the door at the time, and looks at the device.

const room = document.querySelector<HTMLElement>("[data-countdown]");
const STALE_MS = 60_000;

/** mm:ss, from an hour h:mm:ss; whole days stay as the page says them. */
function sayLeft(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

function count(place: HTMLElement): void {
  const offset = Number(place.dataset["now"]) - Date.now();
  const opens = Number(place.dataset["at"]);
  const clock = place.querySelector<HTMLElement>("[data-clock]");
  const left = place.querySelector<HTMLElement>("[data-left]");
  const shift = clockShift(clock?.textContent ?? "", Number(place.dataset["now"]));
  const tick = () => {
    const now = Date.now() + offset;
    if (clock) clock.textContent = new Date(now + shift).toISOString().slice(11, 19);
    if (opens <= now) open(place);
    else if (left && opens - now < 86_400_000) left.textContent = sayLeft(opens - now);
  };
  tick();
  setInterval(tick, 1000);
  const loaded = Date.now();
  document.addEventListener("visibilitychange", () => {
    // After a sleep the clock of this device may have jumped: ask the centre again.
    if (document.visibilityState === "visible" && Date.now() - loaded > STALE_MS) location.reload();
  });
}

/** How far the clock that the page shows is from UTC, in ms: the centre may be in another time zone than this device. */
function clockShift(shown: string, now: number): number {
  const [hours = 0, minutes = 0] = shown.split(":").map(Number);
  const utc = new Date(now);
  const difference = (hours - utc.getUTCHours()) * 60 + minutes - utc.getUTCMinutes();
  return (((difference + 2160) % 1440) - 720) * 60_000;
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
