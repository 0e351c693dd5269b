import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import Sortable from "sortablejs";
import { icon } from "../icon";
import type { Choice } from "../model";
import { ItemElement } from "./item-element";

/** Entries to put in order: by arrows, which need no pointer, or by dragging. Every move is said aloud. */
export class OrderingItem extends ItemElement {
  private sortable: Sortable | undefined;

  protected override render(): unknown {
    const entries = this.entries();
    const open = !Array.isArray(this.response);
    return html`<p class="item-note muted">${open ? this.words.orderOpen : this.words.entriesHint}</p>
      <ol class="order ${open ? "is-open" : ""}" aria-labelledby=${this.labelledBy || nothing}>
        ${repeat(entries, ({ id }) => id, (entry, place) => this.entry(entry, place, entries.length))}
      </ol>
      ${open && !this.readonly
        ? html`<button class="btn btn-secondary order-keep" type="button" @click=${() => this.tell(entries.map(({ id }) => id))}>${this.words.keepOrder}</button>`
        : nothing}`;
  }

  private entries(): Choice[] {
    const entries = this.item.entries ?? [];
    if (!Array.isArray(this.response)) return this.inOrder(entries);
    const order = this.response as string[];
    return [...entries].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  }

  private entry(entry: Choice, place: number, count: number): TemplateResult {
    const name = this.plain(entry.text);
    const arrow = (step: number, label: string, shape: string) =>
      html`<button class="btn btn-icon" type="button" data-step=${step} aria-label=${label} aria-disabled=${place + step < 0 || place + step >= count} @click=${() => this.move(place, place + step, step)}>
        ${icon(shape)}
      </button>`;
    return html`<li class="order-entry" data-id=${entry.id}>
      <span class="order-place" aria-hidden="true">${place + 1}</span>
      <span class="order-text">${unsafeHTML(this.text(entry.text))}</span>
      ${this.readonly ? nothing : html`<span class="order-tools">${arrow(-1, this.words.moveUp(name), "up")}${arrow(1, this.words.moveDown(name), "down")}</span>`}
    </li>`;
  }

  private move(from: number, to: number, step = 0): void {
    const entries = this.entries();
    const [moved] = entries.splice(from, 1);
    if (!moved || to < 0 || to > entries.length) return;
    entries.splice(to, 0, moved);
    this.tell(entries.map(({ id }) => id));
    this.announce(this.words.movedTo(this.plain(moved.text), to + 1, entries.length));
    if (step !== 0) void this.updateComplete.then(() => this.focusArrow(moved.id, step));
  }

  private focusArrow(id: string, step: number): void {
    const entry = [...this.querySelectorAll<HTMLElement>(".order-entry")].find(({ dataset }) => dataset["id"] === id);
    entry?.querySelector<HTMLElement>(`[data-step="${step}"]`)?.focus();
  }

  protected override updated(): void {
    const list = this.querySelector<HTMLElement>(".order");
    if (!list || this.readonly || this.sortable?.el === list) return;
    let after: Node | null = null;
    this.sortable = Sortable.create(list, {
      animation: 140,
      filter: ".order-tools",
      preventOnFilter: false,
      delay: 150,
      delayOnTouchOnly: true,
      ghostClass: "is-moving",
      onChoose: ({ item }) => (after = item.nextSibling),
      onUpdate: ({ item, oldIndex, newIndex }) => {
        // The drawn list belongs to the template: the dragged row goes back, and the new order draws it anew.
        list.insertBefore(item, after);
        if (oldIndex !== undefined && newIndex !== undefined) this.move(oldIndex, newIndex);
      },
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sortable?.destroy();
    this.sortable = undefined;
  }
}

customElements.define("ordering-item", OrderingItem);
