import type { Lang } from "./model";

/** The centre's time zone, which the page names; the device's own where it does not. */
function zone(): { timeZone?: string } {
  const named = typeof document === "undefined" ? undefined : document.documentElement.dataset["timezone"];
  return named ? { timeZone: named } : {};
}

/** A time of day, as 10:42:07. */
export function timeOfDay(ms: number): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", ...zone() }).format(ms);
}

/** Time left: mm:ss, from an hour on h:mm:ss. A second begun is still there. */
export function countdown(ms: number): string {
  const s = Math.ceil(ms / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}

/** A size for people: 214 kB, 1.4 MB. */
export function fileSize(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  const mb = bytes / 1_000_000;
  return `${mb < 10 && mb % 1 >= 0.05 ? mb.toFixed(1) : Math.round(mb)} MB`;
}

/** A day and time: Sat 21 November 2026, 10:00, or 2026年11月21日（周六）10:00. */
export function dayAndTime(ms: number, lang: Lang): string {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone() }).format(ms);
  const parts = new Intl.DateTimeFormat(lang, { weekday: "short", day: "numeric", month: "long", year: "numeric", ...zone() }).formatToParts(ms);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  if (lang === "en") return `${part("weekday")} ${part("day")} ${part("month")} ${part("year")}, ${time}`;
  const day = new Intl.DateTimeFormat("zh-CN", { dateStyle: "long", ...zone() }).format(ms);
  return `${day}（${part("weekday")}）${time}`;
}
