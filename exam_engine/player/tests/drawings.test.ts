// @vitest-environment happy-dom
import { render, type TemplateResult } from "lit";
import { describe, expect, it } from "vitest";
import { bars } from "../src/exhibits/bars";
import { calendar } from "../src/exhibits/calendar";
import { columnFor, DRAWING_WIDTH, strongWidth, textWidth, wrap } from "../src/exhibits/drawing";
import { eventRows, lines } from "../src/exhibits/lines";
import { linksOf, overlap } from "../src/exhibits/links";
import { relations } from "../src/exhibits/relations";
import { placeWords } from "../src/exhibits/spans";
import type { Span } from "../src/model";
import { wordsFor } from "../src/words";

const words = wordsFor("en");

function draw(template: TemplateResult): HTMLElement {
  const place = document.createElement("div");
  render(template, place);
  return place;
}

const number = (element: Element | null | undefined, name: string) => Number(element?.getAttribute(name));
const textOf = (place: Element, said: string) => [...place.querySelectorAll("text")].find((text) => text.textContent === said);

interface Area {
  said: string;
  x: number;
  y: number;
  width: number;
}

/** Where each text stands, by the measure the drawings themselves use. */
function areas(place: Element): Area[] {
  return [...place.querySelectorAll("text")].filter((text) => text.textContent).map((text) => {
    const said = text.textContent ?? "";
    const width = textWidth(said, 13);
    const shift = { start: 0, middle: 0.5, end: 1 }[text.getAttribute("text-anchor") ?? "start"] ?? 0;
    return { said, x: number(text, "x") - width * shift, y: number(text, "y"), width };
  });
}

/** Texts on top of each other, and texts outside the drawing. */
function wrongly(place: Element): string[] {
  const all = areas(place);
  const [, , width = 0, height = 0] = (place.querySelector("svg")?.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const outside = all.filter(({ x, y, width: own }) => x < -1 || x + own > width + 1 || y < 10 || y > height);
  const met = all.flatMap((a, n) => all.slice(n + 1).filter((b) => Math.abs(a.y - b.y) < 12 && Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1).map((b) => `${a.said} / ${b.said}`));
  return [...outside.map(({ said }) => said), ...met];
}

describe("exhibits that are drawn", () => {
  it("break a line where nothing was measured, and say so", () => {
    const chart = { times: ["08:00", "09:00", "10:00", "11:00"], series: [{ title: "Queue", values: [4, 9, null, 6] }], events: [{ at: 1, text: "restart" }], target: 5 };
    const place = draw(lines(chart, "Load", "en", words));
    expect(place.querySelector(".line-0")?.getAttribute("d")).toMatch(/^M\S+ \S+L\S+ \S+M\S+ \S+$/);
    expect(place.querySelectorAll(".point")).toHaveLength(1);
    expect(place.querySelector("svg")?.getAttribute("aria-label")).toBe("Load. target 5. Queue: 08:00 4, 09:00 9, 10:00 not measured, 11:00 6. 09:00 restart");
    expect(place.querySelector("li")?.textContent).toBe("09:00 restart");
  });

  it("show a plan on its days and say its state", () => {
    const plan = { id: "C", days: ["Mon", "Tue", "Wed", "Thu"], lanes: [{ title: "Network", spans: [{ from: 1, to: 2, text: "Switch", state: "risky" as const }] }, { title: "Mail", spans: [] }] };
    const place = draw(calendar(plan, "Changes", "en", words));
    const [span] = [...place.querySelectorAll(".span-risky")];
    const grid = [...place.querySelectorAll("path.grid")].map((path) => Number(/^M(\S+)/.exec(path.getAttribute("d") ?? "")?.[1]));
    expect(number(span, "x") - 2).toBeCloseTo(grid[1] ?? 0, 0);
    expect(number(span, "x") + number(span, "width") + 2).toBeCloseTo(grid[3] ?? 0, 0);
    expect(place.querySelector("svg")?.getAttribute("aria-label")).toBe("Changes. Network: Tue to Wed Switch (risky). Mail: nothing planned");
    expect(textOf(place, "risky"), "the hatching is explained").toBeDefined();
    expect(textOf(place, "frozen"), "and nothing that is not there").toBeUndefined();
  });
});

describe("bars and their target", () => {
  const hatched = (better: "less" | "more" = "less") => {
    const place = draw(bars({ id: "A", target: 4.2, better, bars: [4.5, 4.2, 3.9].map((value) => ({ title: `${value}`, value })) }, "Survey", "en", words));
    return [place.querySelectorAll(".bar-over").length, place.querySelector("svg")?.getAttribute("aria-label")];
  };

  it("are hatched on its wrong side and say by how much", () => {
    expect(hatched()).toEqual([1, "Survey. target 4.2. 4.5: 4.5, over by 0.3; 4.2: 4.2; 3.9: 3.9"]);
    expect(hatched("more")).toEqual([1, "Survey. target 4.2. 4.5: 4.5; 4.2: 4.2; 3.9: 3.9, short by 0.3"]);
  });
});

describe("words in a drawing", () => {
  it("are broken at spaces, in Chinese anywhere but before its punctuation", () => {
    expect(wrap("one two three", textWidth("one two", 13) + 1, 13)).toEqual(["one two", "three"]);
    expect(wrap("盘点，不试点", 26, 13)).toEqual(["盘", "点，", "不试", "点"]);
    expect(wrap("更换证书（10月到期）", 60, 13)).toEqual(["更换证书", "（10月到", "期）"]);
  });

  it("have a column that is never narrower than a word", () => {
    expect(columnFor(["configuration management"], 40, 13)).toBe(strongWidth("configuration", 13));
    expect(columnFor(["a few short words"], 60, 13)).toBe(60);
  });

  it("of lines stay apart: unit, threshold, events and long names", () => {
    const chart = {
      unit: "seconds until answered",
      target: 95,
      times: ["00:00", "00:30", "01:00", "01:30"],
      series: ["Payments that succeed at the first attempt", "Calls to the bank answered", "Messages", "Other contacts of any kind"].map((title, n) => ({ title, values: [96, 95, 94, 95 + n / 10] })),
      events: [0, 0, 1, 1, 3].map((at) => ({ at, text: "something" })),
    };
    expect(wrongly(draw(lines(chart, "Load", "en", words)))).toEqual([]);
  });

  it("of bars stay in the drawing: long names, targets at both ends, the widest value", () => {
    const rows = [{ title: "A long name of a service that needs more than one line", text: "and more words below it", value: 0 }, { title: "B", value: 100 }];
    for (const target of [0, 50, 100]) {
      expect(wrongly(draw(bars({ id: "A", unit: "minutes without the service", target, bars: rows }, "Time", "en", words)))).toEqual([]);
    }
  });

  it.each([14, 31, 62])("of short plans on %i days stay apart", (count) => {
    const days = Array.from({ length: count }, (_, n) => `${n + 1} Dec`);
    const spans = days.map((_, n): Span => ({ from: n, to: n, text: `Duty of team ${n + 1}` }));
    const sparse: Span[] = [{ from: 2, to: 2, text: "CHG-420 R7.2, third try 01:00–03:00" }, { from: count - 1, to: count - 1, text: "Certificate renewed" }];
    const place = draw(calendar({ id: "A", days, lanes: [{ title: "Configuration management", text: "and its tools", spans }, { title: "Changes", spans: sparse }] }, "Plan", "en", words));
    expect(wrongly(place)).toEqual([]);
    expect([...place.querySelectorAll("li")].map((each) => each.textContent), "each number is explained").toEqual(spans.map(({ text }) => text));
  });

  it("of a diagram stay apart: long titles, edges that meet, words between neighbours", () => {
    const nodes = [
      { id: "a", x: 0, y: 0, title: "Display of departures", text: "application in three halls with a long explanation below" },
      { id: "b", x: 1, y: 0, title: "Sorting", text: "control" },
      { id: "c", x: 0, y: 1, title: "Message bus", text: "queue" },
      { id: "d", x: 1, y: 1, title: "Configuration management database", text: "" },
    ];
    const edges = [
      { from: "a", to: "c", text: "gets messages from" },
      { from: "b", to: "c", text: "gets messages from" },
      { from: "c", to: "d", text: "is described in a record of" },
    ];
    expect(wrongly(draw(relations({ id: "A", nodes, edges }, "Items", "en", words)))).toEqual([]);
  });
});

describe("the words of a plan", () => {
  const spot = (spans: Span[]) => placeWords(spans, 100, DRAWING_WIDTH, 40, "en").map(({ place }) => place);

  it("stand in it, after it or before it, wherever there is room", () => {
    expect(spot([{ from: 0, to: 4, text: "Warehouse app" }])).toEqual(["inside"]);
    expect(spot([{ from: 0, to: 0, text: "Warehouse app" }])).toEqual(["after"]);
    const last = Math.floor((DRAWING_WIDTH - 100) / 40) - 1;
    expect(spot([{ from: last, to: last, text: "Warehouse app" }])).toEqual(["before"]);
  });

  it("share the room between two plans, so that both can be read beside them", () => {
    expect(spot([{ from: 0, to: 0, text: "Index rebuild, part two" }, { from: 12, to: 12, text: "Warehouse upgrade" }])).toEqual(["after", "before"]);
  });

  it("become a number where there is no room", () => {
    expect(spot([0, 1, 2].map((day) => ({ from: day, to: day, text: "Stocktaking" })))).toEqual(["number", "number", "after"]);
  });
});

describe("marks and lines", () => {
  it("events that would touch stand in rows", () => {
    expect(eventRows([0, 0, 1, 9].map((at) => ({ at, text: "" })), 10, 100)).toEqual([0, 1, 2, 0]);
  });

  it("the words of an edge move along it, away from those of another", () => {
    const box = (id: string, x: number, y: number) => ({ node: { id, x, y, title: id }, cx: x * 190 + 75, cy: y * 110 + 30, width: 100, height: 50 });
    const edges = ["a", "b"].map((from) => ({ from, to: "c", text: "gets messages from" }));
    const [one, two] = linksOf(edges, [box("a", 0, 0), box("b", 1, 0), box("c", 0, 1)], "en").map(({ label }) => label);
    expect(one && two && overlap(one, two)).toBe(0);
  });

  it("a diagram has its natural size, so that its words are never made small", () => {
    const place = draw(relations({ id: "A", nodes: [{ id: "a", x: 0, y: 0, title: "One" }], edges: [] }, "Items", "en", words));
    const [, , width = 0] = (place.querySelector("svg")?.getAttribute("viewBox") ?? "").split(" ").map(Number);
    expect(place.querySelector("svg")?.getAttribute("width")).toMatch(/rem$/);
    expect(Number.parseFloat(place.querySelector("svg")?.getAttribute("width") ?? "") * 16).toBeCloseTo(width, -1);
  });
});
