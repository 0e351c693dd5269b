// The invigilator's room: asks for the same page every 5 seconds and swaps the parts that changed, never the focus.

import { startClock } from "../centre-clock";

const EVERY_MS = 5000;
const clock = document.querySelector<HTMLElement>("[data-clock]");
const setClock = clock ? startClock(clock, Number(clock.dataset["now"])) : undefined;

/** Replaces what differs, part by part; what has the focus gets it again, by its id. */
function swap(fresh: Document): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const found = fresh.querySelector<HTMLElement>(`[data-live="${part.dataset["live"]}"]`);
    if (!found || found.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement?.id : undefined;
    part.replaceChildren(...found.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

/** Says aloud how many need a person, only when the number has changed. */
function tell(fresh: Document): void {
  const news = document.querySelector<HTMLElement>("[data-news]");
  const count = fresh.querySelector("[data-news]")?.textContent?.trim();
  if (!news || count === undefined || news.textContent?.trim().endsWith(count)) return;
  news.textContent = `${news.dataset["sentence"]}: ${count}`;
}

async function refresh(): Promise<void> {
  const unreachable = document.querySelector<HTMLElement>("[data-unreachable]");
  try {
    const reply = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" } });
    if (reply.redirected) location.reload(); // the session has ended: the page leads to the sign-in
    if (!reply.ok) throw new Error(String(reply.status));
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    swap(fresh);
    tell(fresh);
    setClock?.(Number(fresh.querySelector<HTMLElement>("[data-clock]")?.dataset["now"]));
    if (unreachable) unreachable.hidden = true;
  } catch {
    if (unreachable) unreachable.hidden = false;
  }
}

/** One after the other, so that a slow line never makes a queue; a page nobody looks at does not ask. */
async function watch(): Promise<void> {
  if (document.visibilityState === "visible") await refresh();
  setTimeout(() => void watch(), EVERY_MS);
}

// After a refused form the address is the form's: nothing to ask there.
if (document.querySelector("[data-room]") && !document.querySelector(".banner-danger")) setTimeout(() => void watch(), EVERY_MS);
