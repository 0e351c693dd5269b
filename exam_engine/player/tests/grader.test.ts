// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";

const SAYS = {
  one: "of %(max)s, one criterion open", many: "of %(max)s, %(count)s criteria open", none: "of %(max)s", first: "Mark “%(title)s” first",
  level: "Level %(number)s", open: "not marked, of %(max)s", of: "of %(max)s", saved: "Saved at centre %(time)s", sending: "sending",
  failed: "The centre cannot be reached.", refused: "Not taken: %(reason)s", kept: "Kept",
};

function criterion(id: string, title: string, marks: string[]): string {
  const levels = marks.map((mark, at) => `<label><input type="radio" name="marks.${id}" value="${mark}" data-level="${at + 1}"></label>`).join("");
  return `<details class="crit" data-id="${id}" data-max="${marks.at(-1)}" data-title="${title}"><summary><span class="chip"></span><span class="crit-mark"></span></summary>
    ${levels}<textarea></textarea><div class="snips" hidden><button class="snip" type="button">Not named</button><button class="snip snip-keep" type="button">Keep</button></div></details>`;
}

async function openPage(): Promise<void> {
  document.body.innerHTML = `<p id="saved"></p><form id="rubric" class="pane" data-editable data-max="5" data-code="S-1">
    ${criterion("cause", "Cause", ["0", "0.1", "0.2"])}${criterion("clarity", "Clarity", ["0", "0.2", "2"])}
    <p class="total"><b></b> <span></span></p><textarea id="reason"></textarea><button id="finish" name="do" value="finish"></button><span id="why"></span></form>`;
  const form = document.querySelector<HTMLFormElement>("#rubric")!;
  form.dataset["says"] = JSON.stringify(SAYS);
  document.querySelector("details")!.open = true;
  vi.resetModules();
  await import("../src/staff/grader");
}

const reply = (status: number, body: object) => Promise.resolve(new Response(JSON.stringify(body), { status }));
const press = (key: string, target: Element = document.body, more: KeyboardEventInit = {}) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
const shown = (selector: string) => document.querySelector(selector)?.textContent?.trim();
let sent: URLSearchParams[] = [];
let page = new AbortController();

beforeEach(async () => {
  sent = [];
  page.abort(); // what the page before this one listened to
  page = new AbortController();
  const listen = document.addEventListener.bind(document);
  vi.spyOn(document, "addEventListener").mockImplementation((type: string, listener: EventListenerOrEventListenerObject) => {
    listen(type, listener);
    page.signal.addEventListener("abort", () => document.removeEventListener(type, listener));
  });
  vi.stubGlobal("fetch", vi.fn((_url: string, request: { body: URLSearchParams }) => {
    sent.push(request.body);
    return reply(200, { saved: "10:42:07" });
  }));
  await openPage();
});

test("a number chooses the level of the open criterion and is saved at the centre", async () => {
  press("2");
  expect(document.querySelector<HTMLInputElement>("input:checked")?.value).toBe("0.1");
  await vi.waitFor(() => expect(shown("#saved")).toBe("Saved at centre 10:42:07"));
  expect(Object.fromEntries(sent[0]!)).toEqual({ criterion: "cause", marks: "0.1", comment: "" });
});

test("the total is exact, and the button says what is missing until nothing is", () => {
  expect(document.querySelector("#finish")?.getAttribute("aria-disabled")).toBe("true");
  expect(shown("#why")).toBe("Mark “Cause” first");
  press("2");
  expect(shown(".total span")).toBe("of 5, one criterion open");
  press("ArrowDown");
  press("2");
  expect(shown(".total b")).toBe("0.3");
  expect(shown(".total span")).toBe("of 5");
  expect(document.querySelector("#finish")?.getAttribute("aria-disabled")).toBe("false");
  expect(shown("#why")).toBe("");
});

test("saving too early is held back and opens what is missing", () => {
  press("3");
  const event = new SubmitEvent("submit", { cancelable: true, submitter: document.querySelector<HTMLElement>("#finish") });
  document.querySelector("#rubric")!.dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(document.querySelectorAll("details")[1]!.open).toBe(true);
  expect(shown("#saved")).toBe("Mark “Clarity” first");
});

test("no key fires while a comment is typed, and Enter there moves on", () => {
  const comment = document.querySelector("details textarea")!;
  press("3", comment);
  press("c", comment);
  expect(document.querySelector("input:checked")).toBeNull();
  press("Enter", comment, { isComposing: true });
  expect(document.querySelectorAll("details")[1]!.open).toBe(false);
  press("Enter", comment);
  expect(document.querySelectorAll("details")[1]!.open).toBe(true);
});

test("a comment offered as a button is added to what is there", () => {
  const comment = document.querySelector<HTMLTextAreaElement>("details textarea")!;
  comment.value = "Right.";
  document.querySelector<HTMLButtonElement>(".snip")!.click();
  expect(comment.value).toBe("Right. Not named");
});

test("what could not be sent is never called saved, and is sent again", async () => {
  vi.useFakeTimers();
  vi.mocked(fetch).mockRejectedValueOnce(new TypeError("offline"));
  press("3");
  await vi.advanceTimersByTimeAsync(10);
  expect(shown("#saved")).toBe("The centre cannot be reached.");
  await vi.advanceTimersByTimeAsync(6000);
  expect(shown("#saved")).toBe("Saved at centre 10:42:07");
  vi.useRealTimers();
});

test("a refusal is shown with its reason", async () => {
  vi.mocked(fetch).mockImplementationOnce(() => reply(409, { code: "wrong_state", detail: "this mark is final" }));
  press("3");
  await vi.waitFor(() => expect(shown("#saved")).toBe("Not taken: this mark is final"));
});
