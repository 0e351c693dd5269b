import { describe, expect, it } from "vitest";
import { countWords } from "../src/engine/count";
import { canonical } from "../src/engine/digest";
import { readNumber } from "../src/engine/number";
import { countdown, fileSize } from "../src/format";
import { isAnswered, plainText, textIn } from "../src/model";

const value = (typed: string, locale?: string, units?: string[]) => {
  const reading = readNumber(typed, locale, units);
  return reading.kind === "number" ? [reading.value, reading.unit].filter(Boolean).join(" ") : reading.kind;
};

describe("a typed number", () => {
  it.each([
    ["99.5", "99.5"], ["-3", "-3"], ["+7", "7"], [".5", "0.5"], ["９９．５", "99.5"], ["1.2e3", "1200"], ["12e-1", "1.2"],
    ["1 234.5", "1234.5"], ["1 234,56", "1234.56"], ["1.234,56", "1234.56"], ["1,234.56", "1234.56"], ["1,5", "1.5"],
    ["3.5万", "35000"], ["2亿", "200000000"], ["1.5 千万", "15000000"], ["90 min", "90 min"], ["99.5%", "99.5 %"], ["−4", "-4"],
  ])("%s is read as %s", (typed, read) => {
    expect(value(typed)).toBe(read);
  });

  it.each(["1,234,5", "abc", "1.2.3", "5-6", "10³", "1½", "1/3", "2 h 30 min", "--3", "1,23,456"])("%s is refused", (typed) => {
    expect(value(typed)).toBe("unreadable");
  });

  it("is refused where it can be read in two ways, and both ways are named", () => {
    expect(readNumber("1,234")).toEqual({ kind: "ambiguous", readings: ["1234", "1.234"] });
  });

  it("is read as the item's locale says", () => {
    expect([value("1,234", "en"), value("1,234", "zh-CN"), value("1,234", "de"), value("1.234", "de")]).toEqual(["1234", "1234", "1.234", "1234"]);
    expect([value("1,5", "en"), value("3万", "en")]).toEqual(["unreadable", "unreadable"]);
  });

  it("may end with a unit the item shows, even one that begins like a magnitude", () => {
    expect(value("5千克", undefined, ["千克"])).toBe("5 千克");
  });

  it("may be left empty", () => {
    expect(readNumber("  ").kind).toBe("empty");
  });
});

describe("a count of words", () => {
  it.each([
    ["", 0], ["one two", 2], ["certificate-check doesn’t count twice", 4], ["服务台重启了网关", 8], ["网关 pos-gw-02 在 08:10 恢复。", 8], ["...\n— !", 0],
  ])("of %j is %i", (text, count) => {
    expect(countWords(text)).toBe(count);
  });
});

describe("the canonical form of a response", () => {
  it("sorts keys, has no spaces, and keeps characters as they are", () => {
    expect(canonical({ b: ["x", null], a: { d: 1, c: true } })).toBe('{"a":{"c":true,"d":1},"b":["x",null]}');
    expect(canonical("中\n\"文\"\u0007")).toBe('"中\\n\\"文\\"\\u0007"');
  });
});

describe("formats", () => {
  it("show the time left as mm:ss, from an hour on as h:mm:ss; a second begun is still there", () => {
    expect([0, 1, 292_000, 3_599_001, 5_400_000].map(countdown)).toEqual(["00:00", "00:01", "04:52", "1:00:00", "1:30:00"]);
  });

  it("show sizes for people", () => {
    expect([1, 214_000, 1_400_000, 10_000_000].map(fileSize)).toEqual(["1 kB", "214 kB", "1.4 MB", "10 MB"]);
  });

  it("fall back to the nearest language", () => {
    const text = { "zh-CN": "中", en: "E" };
    expect([textIn(text, "zh"), textIn(text, "en-GB"), textIn({ en: "E" }, "zh-CN"), textIn("plain", "en"), textIn(null, "en")]).toEqual(["中", "E", "E", "plain", ""]);
  });

  it("take markup out where a place takes none", () => {
    expect(plainText("<p>a &lt; <strong>b</strong>&#39;s</p>")).toBe("a < b 's");
  });

  it("count an empty answer as none", () => {
    expect([null, "", " ", [], {}, { a: "" }, undefined].map(isAnswered)).toEqual(Array(7).fill(false));
    expect([false, 0, "x", ["a"], { a: "b" }].map(isAnswered)).toEqual(Array(5).fill(true));
  });
});
