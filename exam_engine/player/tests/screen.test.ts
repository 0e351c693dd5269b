import { describe, expect, it } from "vitest";
import { borderPoint, textWidth, ticks, ticksBetween, wrap } from "../src/exhibits/drawing";
import { toggleSpan, withoutSpanAt } from "../src/exhibits/highlighter";
import { Keys } from "../src/shell/keys";

const press = (key: string, change = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...change });
const inside = (selector: string) => ({ closest: (wanted: string) => (wanted.split(", ").includes(selector) ? {} : null) }) as unknown as Element;

describe("the keys", () => {
  it("choose by place, cross out after X, flag, move, show the list", () => {
    const keys = new Keys();
    const acts = ["b", "x", "D", "f", "ArrowRight", "ArrowLeft", "p", "?"].map((key) => keys.read(press(key), null, 4));
    expect(acts).toEqual([
      { act: "choose", place: 1 }, null, { act: "strike", place: 3 }, { act: "flag" }, { act: "next" }, { act: "previous" }, { act: "palette" }, { act: "help" },
    ]);
  });

  it("leave letters alone that no answer has, except F, which flags", () => {
    const keys = new Keys();
    expect([keys.read(press("e"), null, 4), keys.read(press("f"), null, 4), keys.read(press("f"), null, 6)]).toEqual([null, { act: "flag" }, { act: "choose", place: 5 }]);
  });

  it("do nothing while typing, with a modifier, or in a dialog", () => {
    const keys = new Keys();
    expect(keys.read(press("a"), inside("textarea"), 4)).toBe(null);
    expect(keys.read(press("a"), inside("dialog"), 4)).toBe(null);
    expect(keys.read(press("a", { ctrlKey: true }), null, 4)).toBe(null);
  });

  it("leave the arrows to radios, tabs and the grip", () => {
    const keys = new Keys();
    for (const part of ["input[type=radio]", "[role=tab]", "[role=separator]"]) expect(keys.read(press("ArrowRight"), inside(part), 4)).toBe(null);
  });
});

describe("the highlighter", () => {
  it("joins what touches, and takes away what is marked again", () => {
    expect(toggleSpan([[0, 4]], [3, 8])).toEqual([[0, 8]]);
    expect(toggleSpan([[0, 8]], [2, 5])).toEqual([[0, 2], [5, 8]]);
    expect(toggleSpan([[5, 8]], [0, 2])).toEqual([[0, 2], [5, 8]]);
    expect(toggleSpan([[0, 8]], [0, 8])).toEqual([]);
    expect(toggleSpan([[1, 2]], [3, 3])).toEqual([[1, 2]]);
  });

  it("takes away the highlight that is pressed", () => {
    expect(withoutSpanAt([[0, 4], [6, 9]], 7)).toEqual([[0, 4]]);
  });
});

describe("drawings", () => {
  it("have round ticks that reach over the highest value", () => {
    expect([ticks(92), ticks(41), ticks(3.2), ticks(0.4)]).toEqual([[0, 20, 40, 60, 80, 100], [0, 10, 20, 30, 40, 50], [0, 1, 2, 3, 4], [0, 0.1, 0.2, 0.3, 0.4]]);
  });

  it("begin at 0 unless that would press the values together", () => {
    expect([ticksBetween(3, 41), ticksBetween(99.2, 99.9), ticksBetween(-4, 3)].map((each) => [each[0], each.at(-1)])).toEqual([[0, 50], [99.2, 100], [-4, 4]]);
    expect(ticksBetween(7, 7)).toEqual([6, 7, 8]);
  });

  it("break long names and cut nothing", () => {
    const lines = wrap("a gateway of region East, five incidents since Monday", 120, 13);
    expect(lines.join(" ")).toBe("a gateway of region East, five incidents since Monday");
    expect(lines.every((line) => textWidth(line, 13) <= 120)).toBe(true);
    expect(wrap("支付网关东区五起事件", 52, 13).join("")).toBe("支付网关东区五起事件");
  });

  it("join boxes at their borders", () => {
    const box = { width: 100, height: 40 };
    expect(borderPoint({ ...box, cx: 0, cy: 0 }, { ...box, cx: 0, cy: 200 })).toEqual({ x: 0, y: 20 });
    expect(borderPoint({ ...box, cx: 0, cy: 0 }, { ...box, cx: 300, cy: 0 })).toEqual({ x: 50, y: 0 });
  });
});
