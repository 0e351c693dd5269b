// @vitest-environment happy-dom
import { render } from "lit";
import { describe, expect, it } from "vitest";
import { calendar } from "../src/exhibits/calendar";
import { lines } from "../src/exhibits/lines";
import { wordsFor } from "../src/words";

describe("exhibits that are drawn", () => {
  it("break a line where nothing was measured, and say so", () => {
    const place = document.createElement("div");
    const chart = { times: ["08:00", "09:00", "10:00", "11:00"], series: [{ title: "Queue", values: [4, 9, null, 6] }], events: [{ at: 1, text: "restart" }], target: 5 };
    render(lines(chart, "Load", "en", wordsFor("en")), place);
    expect(place.querySelector(".line-0")?.getAttribute("d")).toMatch(/^M\S+ \S+L\S+ \S+M\S+ \S+$/);
    expect(place.querySelectorAll(".point")).toHaveLength(1);
    expect(place.querySelector("svg")?.getAttribute("aria-label")).toBe("Load. target 5. Queue: 08:00 4, 09:00 9, 10:00 not measured, 11:00 6. 09:00 restart");
    expect(place.querySelector("li")?.textContent).toBe("09:00 restart");
  });

  it("show a plan on its days and say its state", () => {
    const place = document.createElement("div");
    const plan = { id: "C", days: ["Mon", "Tue", "Wed", "Thu"], lanes: [{ title: "Network", spans: [{ from: 1, to: 2, text: "Switch", state: "risky" as const }] }, { title: "Mail", spans: [] }] };
    render(calendar(plan, "Changes", "en", wordsFor("en")), place);
    const [span] = [...place.querySelectorAll(".span-risky")];
    const grid = [...place.querySelectorAll("path.grid")].map((path) => Number(/^M(\S+)/.exec(path.getAttribute("d") ?? "")?.[1]));
    expect([Number(span?.getAttribute("x")) - 2, Number(span?.getAttribute("x")) + Number(span?.getAttribute("width")) + 2]).toEqual([grid[1], grid[3]]);
    expect(place.querySelector("svg")?.getAttribute("aria-label")).toBe("Changes. Network: Tue to Wed Switch (risky). Mail: nothing planned");
  });
});
