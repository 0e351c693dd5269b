import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const text = (name: string) => readFileSync(join(root, "src", name), "utf8");

describe("the strict content security policy", () => {
  it.each(sources)("is kept by %s: no style attribute, no inline handler, nothing evaluated", (name) => {
    expect(text(name)).not.toMatch(/\sstyle=["'$]|\son[a-z]+="|\beval\(|new Function|styleMap/);
  });

  it.each(sources)("%s loads nothing from elsewhere", (name) => {
    expect(text(name)).not.toMatch(/https?:\/\//);
  });
});
