/** How a typed number was read: a plain decimal, nothing, or why not. */
export type Reading =
  | { kind: "number"; value: string; unit: string }
  | { kind: "empty" }
  | { kind: "unreadable" }
  | { kind: "ambiguous"; readings: [string, string] };

const MAGNITUDES: Record<string, number> = { 十: 1, 百: 2, 千: 3, 万: 4, 萬: 4, 亿: 8, 億: 8 };
const NUMBER = /^([+-]?) ?(\d+(?:[ .,']\d+)*|[.,]\d+)(?: ?e([+-]?\d{1,3})(?!\d))? *(.*)$/i;
/** A unit starts with a letter or a sign such as °, and holds no second number. */
const UNIT = /^[\p{L}°%‰$€£¥](?!.*( \S*)\d)/u;

type Marks = { decimal: string; group: string } | null;

/** The marks of a locale; none where the item names no locale. */
function marksOf(locale: string | undefined): Marks {
  if (!locale) return null;
  const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(12_345_678.9);
  const mark = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return { decimal: mark("decimal"), group: mark("group").replace(/\s/, " ") };
}

/** Full-width forms, and the spaces and minus signs that keyboards make. Not NFKC, which would turn 10³ into 103. */
function tidy(typed: string): string {
  return typed
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCodePoint((wide.codePointAt(0) ?? 0) - 0xfee0))
    .replace(/[\u3000\u00a0\u2009\u202f\u2007\t]/g, " ")
    .replace(/[−–]/g, "-")
    .replace(/’/g, "'")
    .trim();
}

/**
 * Reads what a candidate typed into a number field, by the rules the answer is later marked by.
 *
 * Full-width digits, groups of three, `1.2e3` and 万, 亿 are read. A comma that could be a decimal mark as well as a
 * group mark is read as the item's locale says; without a locale it is refused. `units` are those the item shows.
 */
export function readNumber(typed: string, locale?: string, units: string[] = []): Reading {
  const text = tidy(typed);
  if (text === "") return { kind: "empty" };
  const match = NUMBER.exec(text);
  if (!match) return { kind: "unreadable" };
  const [, sign = "", body = "", exponent = "", rest = ""] = match;
  const magnitude = units.includes(rest) ? undefined : MAGNITUDES[rest[0] ?? ""];
  if (magnitude !== undefined && locale && !locale.startsWith("zh")) return { kind: "unreadable" };
  const [shift, unit] = units.includes(rest) ? [0, rest] : splitMagnitude(rest);
  if (unit !== "" && !units.includes(unit) && (!UNIT.test(unit) || /^e[+-]?\d/i.test(unit))) return { kind: "unreadable" };
  const readings = readBody(body, marksOf(locale)).map((plain) => scaled(sign, plain, shift + Number(exponent || 0)));
  if (readings.length > 1) return { kind: "ambiguous", readings: [readings[0] ?? "", readings[1] ?? ""] };
  return readings[0] === undefined ? { kind: "unreadable" } : { kind: "number", value: readings[0], unit };
}

/** Chinese magnitudes at the head of what follows the figures, such as 千万, and the unit after them. */
function splitMagnitude(rest: string): [number, string] {
  const signs = /^[十百千万萬亿億]*/.exec(rest)?.[0] ?? "";
  const shift = [...signs].reduce((sum, sign) => sum + (MAGNITUDES[sign] ?? 0), 0);
  return [shift, rest.slice(signs.length).trim()];
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
