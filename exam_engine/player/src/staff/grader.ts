/** The page of a script: keys, drafts saved as the marker goes, tabs. Without this file it is a plain form that works. */

type Says = Record<"one" | "many" | "none" | "first" | "level" | "open" | "of" | "saved" | "sending" | "failed" | "refused" | "kept", string>;

const RETRY_MS = 5000;
const TYPING_MS = 800;

/** Fills `%(name)s` in a sentence of the page. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/%\((\w+)\)s/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The sum of decimal marks, without the dust of binary fractions. */
export function sum(marks: string[]): string {
  const total = marks.reduce((so_far, one) => so_far + Number(one), 0);
  return String(Math.round(total * 1e9) / 1e9);
}

class Grader {
  private readonly says: Says;
  private readonly criteria: HTMLDetailsElement[];
  private readonly finish: HTMLButtonElement | null;
  private readonly unsent = new Set<HTMLDetailsElement>();
  private sending = false;
  private typing = 0;

  constructor(private readonly form: HTMLFormElement) {
    this.says = JSON.parse(form.dataset["says"] ?? "{}") as Says;
    this.criteria = [...form.querySelectorAll<HTMLDetailsElement>(".crit")];
    this.finish = form.querySelector<HTMLButtonElement>("#finish");
  }

  start(): void {
    this.criteria.forEach((criterion) => this.watch(criterion));
    if (!("editable" in this.form.dataset)) return;
    document.querySelector("#keys")?.removeAttribute("hidden");
    document.addEventListener("keydown", (event) => this.onKey(event));
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    window.addEventListener("pagehide", () => void this.send());
    this.showTotal();
  }

  private watch(criterion: HTMLDetailsElement): void {
    criterion.addEventListener("toggle", () => {
      if (criterion.open) this.criteria.forEach((other) => other !== criterion && (other.open = false));
    });
    if (!("editable" in this.form.dataset)) return;
    criterion.querySelector(".snips")?.removeAttribute("hidden");
    criterion.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement) this.show(criterion);
      this.keep(criterion);
    });
    this.comment(criterion).addEventListener("input", () => {
      window.clearTimeout(this.typing);
      this.typing = window.setTimeout(() => this.keep(criterion), TYPING_MS);
    });
    criterion.querySelector(".snips")?.addEventListener("click", (event) => {
      const snip = (event.target as Element).closest("button");
      if (snip) void (snip.matches(".snip-keep") ? this.keepComment(criterion, snip) : this.addComment(criterion, snip));
    });
  }

  private comment(criterion: HTMLDetailsElement): HTMLTextAreaElement {
    return criterion.querySelector<HTMLTextAreaElement>("textarea")!;
  }

  private chosen(criterion: HTMLDetailsElement): HTMLInputElement | null {
    return criterion.querySelector<HTMLInputElement>("input:checked");
  }

  private active(): HTMLDetailsElement | undefined {
    return this.criteria.find((criterion) => criterion.open) ?? this.criteria[0];
  }

  /** Opens a criterion and puts the focus on its chosen level, or on the first. */
  private open(criterion: HTMLDetailsElement | undefined): void {
    if (!criterion) return;
    criterion.open = true;
    (this.chosen(criterion) ?? criterion.querySelector<HTMLInputElement>("input"))?.focus({ preventScroll: true });
    criterion.scrollIntoView({ block: "nearest" });
  }

  private move(steps: number): void {
    const here = this.active();
    this.open(this.criteria[here ? this.criteria.indexOf(here) + steps : 0]);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form.requestSubmit(this.finish);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as Element;
    const handled = target.matches("textarea, select, input:not([type=radio])") ? this.onTypingKey(event, target) : this.onPageKey(event, target);
    if (handled) event.preventDefault();
  }

  /** Enter in a comment moves on to the next criterion; Escape goes back to the levels. */
  private onTypingKey(event: KeyboardEvent, target: Element): boolean {
    const criterion = target.closest<HTMLDetailsElement>(".crit");
    if (!criterion || (event.key !== "Escape" && (event.key !== "Enter" || event.shiftKey))) return false;
    if (event.key === "Enter") this.move(1);
    else this.open(criterion);
    return true;
  }

  private onPageKey(event: KeyboardEvent, target: Element): boolean {
    const criterion = this.active();
    if (!criterion) return false;
    if (/^[1-9]$/.test(event.key)) return this.choose(criterion, event.key);
    if (event.key === "c" || event.key === "C") {
      criterion.open = true;
      this.comment(criterion).focus();
      return true;
    }
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (steps && !target.closest(".pane:not(form)")) {
      this.move(steps);
      return true;
    }
    return event.key === "Enter" && target.matches("input[type=radio]"); // Enter on a level must not send the form
  }

  private choose(criterion: HTMLDetailsElement, number: string): boolean {
    const level = criterion.querySelector<HTMLInputElement>(`input[data-level="${number}"]`);
    if (!level) return false;
    criterion.open = true;
    level.checked = true;
    level.focus({ preventScroll: true });
    this.show(criterion);
    this.keep(criterion);
    return true;
  }

  /** Writes the head of a criterion: level and marks. */
  private show(criterion: HTMLDetailsElement): void {
    const chosen = this.chosen(criterion);
    const max = criterion.dataset["max"] ?? "";
    criterion.classList.toggle("is-marked", chosen !== null);
    criterion.querySelector(".chip")!.textContent = chosen ? fill(this.says.level, { number: chosen.dataset["level"] ?? "" }) : "";
    const small = document.createElement("small");
    small.textContent = fill(chosen ? this.says.of : this.says.open, { max });
    criterion.querySelector(".crit-mark")!.replaceChildren(...(chosen ? [`${chosen.value} `] : []), small);
    this.showTotal();
  }

  /** Writes the total, and says beside the button what is missing before it saves. */
  private showTotal(): void {
    const open = this.criteria.filter((criterion) => !this.chosen(criterion));
    const sentence = open.length === 0 ? this.says.none : open.length === 1 ? this.says.one : this.says.many;
    this.form.querySelector(".total b")!.textContent = sum(this.criteria.flatMap((one) => this.chosen(one)?.value ?? []));
    this.form.querySelector(".total span")!.textContent = fill(sentence, { max: this.form.dataset["max"] ?? "", count: open.length });
    this.finish?.setAttribute("aria-disabled", String(open.length > 0));
    const first = open[0];
    this.form.querySelector("#why")!.textContent = first ? fill(this.says.first, { title: first.dataset["title"] ?? "" }) : "";
  }

  private onSubmit(event: SubmitEvent): void {
    const wish = (event.submitter as HTMLButtonElement | null)?.value;
    const open = this.criteria.find((criterion) => !this.chosen(criterion));
    const reason = this.form.querySelector<HTMLTextAreaElement>("#reason");
    if (wish === "finish" && open) {
      event.preventDefault();
      this.say(fill(this.says.first, { title: open.dataset["title"] ?? "" }));
      this.open(open);
    } else if (wish === "aside" && reason && !reason.value.trim()) {
      event.preventDefault();
      reason.required = true;
      reason.reportValidity();
    } else {
      this.unsent.clear(); // the form carries everything
    }
  }

  private say(sentence: string, kind = ""): void {
    const line = document.querySelector("#saved");
    if (!line) return;
    const icon = document.querySelector<HTMLTemplateElement>("#icons")?.content.querySelector(`[data-kind="${kind}"] svg`);
    const words = Object.assign(document.createElement("span"), { textContent: sentence });
    line.className = `save ${kind}`;
    line.replaceChildren(...(icon ? [icon.cloneNode(true)] : []), words);
  }

  private keep(criterion: HTMLDetailsElement): void {
    window.clearTimeout(this.typing);
    this.unsent.add(criterion);
    void this.send();
  }

  /** Sends what is unsent, one criterion after the other; what fails is sent again. */
  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    for (const criterion of this.unsent) {
      this.unsent.delete(criterion);
      const body = { criterion: criterion.dataset["id"] ?? "", marks: this.chosen(criterion)?.value ?? "", comment: this.comment(criterion).value };
      this.say(this.says.sending, "save-device");
      if (!(await this.post("draft", body, (reply) => this.say(fill(this.says.saved, { time: reply["saved"] ?? "" }), "save-centre")))) {
        this.unsent.add(criterion);
        window.setTimeout(() => void this.send(), RETRY_MS);
        break;
      }
    }
    this.sending = false;
  }

  /** Whether the centre answered; a refusal is an answer, and is shown. */
  private async post(what: string, fields: Record<string, string>, then: (reply: Record<string, string>) => void): Promise<boolean> {
    const token = document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";
    const headers = { "X-CSRF-Token": token, Accept: "application/json" };
    try {
      const body = new URLSearchParams(fields);
      const response = await fetch(`/marking/scripts/${this.form.dataset["code"]}/${what}`, { method: "POST", headers, body, keepalive: true });
      if (response.status >= 500) throw new Error(String(response.status));
      const reply = (await response.json()) as Record<string, string>;
      if (response.ok) then(reply);
      else this.say(fill(this.says.refused, { reason: reply["detail"] ?? reply["title"] ?? "" }), "save-offline");
      return true;
    } catch {
      this.say(this.says.failed, "save-offline");
      return false;
    }
  }

  private addComment(criterion: HTMLDetailsElement, snip: Element): void {
    const comment = this.comment(criterion);
    comment.value = [comment.value.trim(), snip.textContent?.trim()].filter(Boolean).join(" ");
    comment.focus();
    this.keep(criterion);
  }

  private async keepComment(criterion: HTMLDetailsElement, button: Element): Promise<void> {
    const text = this.comment(criterion).value.trim();
    if (!text) {
      this.comment(criterion).focus();
      return;
    }
    await this.post("comments", { criterion: criterion.dataset["id"] ?? "", text }, (reply) => {
      const there = [...criterion.querySelectorAll(".snip")].some((snip) => snip.textContent === reply["kept"]);
      if (!there) {
        const snip = Object.assign(document.createElement("button"), { type: "button", className: "snip", textContent: reply["kept"] ?? "" });
        button.before(snip);
      }
      this.say(this.says.kept, "save-centre");
    });
  }
}

/** Turns the links above the script into tabs that show one part at a time. */
function startTabs(tabs: HTMLElement): void {
  const links = [...tabs.querySelectorAll<HTMLAnchorElement>(".tab")];
  const leaf = (link: HTMLAnchorElement) => document.querySelector<HTMLElement>(link.hash)!;
  const select = (chosen: HTMLAnchorElement) => {
    for (const link of links) {
      link.setAttribute("aria-selected", String(link === chosen));
      link.tabIndex = link === chosen ? 0 : -1;
      leaf(link).hidden = link !== chosen;
    }
    leaf(chosen).closest(".pane-scroll")?.scrollTo(0, 0);
  };
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", tabs.dataset["label"] ?? "");
  links.forEach((link, place) => {
    link.id = `tab-${link.hash.slice(1)}`;
    link.setAttribute("role", "tab");
    link.setAttribute("aria-controls", link.hash.slice(1));
    leaf(link).setAttribute("role", "tabpanel");
    leaf(link).setAttribute("aria-labelledby", link.id);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      select(link);
    });
    link.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const next = steps && links[(place + steps + links.length) % links.length];
      if (next) {
        select(next);
        next.focus();
      } else if (event.key === " ") {
        event.preventDefault();
        select(link);
      }
    });
  });
  if (links[0]) select(links[0]);
}

/** Menus close with Escape and by a press elsewhere. */
function startMenus(menus: HTMLDetailsElement[]): void {
  document.addEventListener("click", (event) => menus.forEach((menu) => !menu.contains(event.target as Node) && (menu.open = false)));
  document.addEventListener("keydown", (event) => {
    const menu = menus.find((one) => one.open);
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

const form = document.querySelector<HTMLFormElement>("form#rubric");
if (form) {
  new Grader(form).start();
  startMenus([...document.querySelectorAll<HTMLDetailsElement>(".drop-menu")]);
}
const tabs = document.querySelector<HTMLElement>("#tabs");
if (tabs) startTabs(tabs);
