/** How a typed number was read: a plain decimal, nothing, or why not. */
export type Reading =
  | { kind: "number"; value: string; unit: string }
  | { kind: "empty" }
  | { kind: "unreadable" }
  | { kind: "ambiguous"; readings: [string, string] };

const MYRIADS: Record<string, number> = { 十: 1, 百: 2, 千: 3, 万: 4, 百万: 6, 千万: 7, 亿: 8 };
const NUMBER = /^([+-]?)([\d.,' ]*\d[\d.,' ]*)(?:e([+-]?\d{1,3}))?\s*(.*)$/i;

type Marks = { decimal: string; group: string } | null;

/** The marks of a locale; none where the item names no locale. */
function marksOf(locale: string | undefined): Marks {
  if (!locale) return null;
  const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(12_345_678.9);
  const mark = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return { decimal: mark("decimal"), group: mark("group").replace(/\s/, " ") };
}

/**
 * Reads what a candidate typed into a number field.
 *
 * Full-width digits, spaces between groups of three, `1.2e3` and 万, 亿 are read. A comma or dot that could be a
 * decimal mark as well as a group mark is read as the item's locale says; without a locale it is refused.
 */
export function readNumber(typed: string, locale?: string): Reading {
  const text = typed.normalize("NFKC").replace(/[−–]/g, "-").replace(/[\s\u202f]+/g, " ").trim();
  if (text === "") return { kind: "empty" };
  const match = NUMBER.exec(text);
  if (!match) return { kind: "unreadable" };
  const [, sign = "", body = "", exponent = "", rest = ""] = match;
  const [shift, unit] = splitUnit(rest.trim());
  if (/[\d,;]/.test(unit[0] ?? "")) return { kind: "unreadable" };
  const readings = readBody(body.trim(), marksOf(locale)).map((plain) => scaled(sign, plain, shift + Number(exponent || 0)));
  if (readings.length === 2) return { kind: "ambiguous", readings: [readings[0] ?? "", readings[1] ?? ""] };
  return readings[0] === undefined ? { kind: "unreadable" } : { kind: "number", value: readings[0], unit };
}

/** A Chinese multiplier at the head of what follows the figures, and the unit after it. */
function splitUnit(rest: string): [number, string] {
  const names = Object.keys(MYRIADS).sort((a, b) => b.length - a.length);
  const name = names.find((key) => rest.startsWith(key));
  return name === undefined ? [0, rest] : [MYRIADS[name] ?? 0, rest.slice(name.length).trim()];
}

/** Every way the figures can be read as a plain decimal: none, one, or two. */
function readBody(body: string, marks: Marks): string[] {
  const kinds = [...new Set(body.replace(/\d/g, ""))];
  if (kinds.length === 0) return [body];
  if (marks) return asLocale(body, marks) ?? [];
  if (kinds.length > 1) {
    const decimal = body.replace(/[\d ']/g, "").slice(-1);
    if (decimal === "") return [];
    const group = kinds.filter((kind) => kind !== decimal);
    return group.length === 1 ? (asLocale(body, { decimal, group: group[0] ?? "" }) ?? []) : [];
  }
  const mark = kinds[0] ?? "";
  const asDecimal = mark === " " || mark === "'" ? null : asLocale(body, { decimal: mark, group: "" });
  const asGroup = mark === "." && body.split(".").length === 2 ? null : asLocale(body, { decimal: "\0", group: mark });
  return [...new Set([...(asGroup ?? []), ...(asDecimal ?? [])])];
}

/** The figures as a plain decimal if they are well formed with these marks. */
function asLocale(body: string, { decimal, group }: { decimal: string; group: string }): string[] | null {
  const [whole = "", fraction, ...more] = body.split(decimal);
  if (more.length > 0 || (fraction !== undefined && !/^\d+$/.test(fraction))) return null;
  const groups = splitGroups(whole, group);
  const [first = "", ...others] = groups;
  const wellFormed = others.length === 0 ? /^\d*$/.test(first) : /^\d{1,3}$/.test(first) && others.every((part) => /^\d{3}$/.test(part));
  if (!wellFormed || (first === "" && fraction === undefined)) return null;
  return [`${groups.join("") || "0"}${fraction === undefined ? "" : `.${fraction}`}`];
}

/** Splits at the group mark, or at spaces, which group in every locale; never at both. */
function splitGroups(whole: string, group: string): string[] {
  const mark = whole.includes(" ") ? " " : group;
  return mark === "" ? [whole] : whole.split(mark);
}

/** Moves the decimal point without going through binary floating point. */
function scaled(sign: string, plain: string, shift: number): string {
  const [whole = "", fraction = ""] = plain.split(".");
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, "");
  const rest = padded.slice(at);
  return `${sign === "-" ? "-" : ""}${integer}${rest === "" ? "" : `.${rest}`}`;
}
