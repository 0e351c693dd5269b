import { describe, expect, it } from "vitest";
import { dictionaries, interfaceLang, wordsFor } from "../src/words";

type Entry = string | string[] | ((...args: never[]) => string) | { [key: string]: Entry };

function places(entry: Entry, path = ""): Map<string, Entry> {
  if (typeof entry !== "object" || Array.isArray(entry)) return new Map([[path, entry]]);
  return new Map(Object.entries(entry).flatMap(([key, value]) => [...places(value, `${path}.${key}`)]));
}

const en = places(dictionaries.en as unknown as Entry);
const zh = places(dictionaries["zh-CN"] as unknown as Entry);
const said = (entry: Entry | undefined) => (typeof entry === "function" ? (entry as (...args: unknown[]) => string)(3, 5, 7) : String(entry));

describe("the dictionary", () => {
  it("has the same entries in both languages", () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort());
  });

  it.each([...en.keys()])("says %s in both languages", (key) => {
    if (key === ".cell") return;
    expect(said(en.get(key)).trim()).not.toBe("");
    expect(said(zh.get(key)).trim()).not.toBe("");
  });

  it("leaves no English sentence in the Chinese, and no Chinese in the English", () => {
    const joined = [".cell", ".relation", ".inBrackets"];
    const chinese = [...zh].filter(([key]) => !joined.includes(key)).map(([, entry]) => said(entry));
    const english = [...en].filter(([key]) => !joined.includes(key)).map(([, entry]) => said(entry));
    expect(chinese.filter((text) => !/[\u4e00-\u9fff]/.test(text))).toEqual([]);
    expect(english.filter((text) => /[\u4e00-\u9fff]/.test(text))).toEqual([]);
  });

  it("never shouts, and in Chinese uses full-width punctuation", () => {
    expect([...en.values(), ...zh.values()].filter((entry) => typeof entry === "string" && /[!！]/.test(entry))).toEqual([]);
    expect([...zh.values()].filter((entry) => typeof entry === "string" && /[\u4e00-\u9fff][,.;?]/.test(entry))).toEqual([]);
  });

  it("speaks the nearest language to that of the paper", () => {
    expect(["zh", "zh-TW", "en-GB", "fr"].map(interfaceLang)).toEqual(["zh-CN", "zh-CN", "en", "en"]);
    expect(wordsFor("zh-CN").handIn(54)).toBe("交卷，已答 54 题");
    expect(wordsFor("en").offline(1)).toBe("Offline: 1 answer kept safely on this device");
  });
});
