import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import { fileSize, timeOfDay } from "../format";
import { icon } from "../icon";
import type { FileAnswer } from "../model";
import { ItemElement } from "./item-element";

/** A file on its way to the centre, or refused. Files that arrived are in the response. */
export interface Transfer {
  name: string;
  size: number;
  sha256: string;
  state: "sending" | "kept" | "refused";
  sent: number;
  reason?: "wrong_type" | "too_large" | "empty" | "damaged" | "late" | "other";
}
export interface ChosenFile {
  file: File;
  /** The earlier file it takes the place of. */
  replaces: string | null;
}

/** Files to hand in: empty, sending, stored at the centre, kept on this device, refused. */
export class UploadField extends ItemElement {
  static override properties: PropertyDeclarations = {
    ...ItemElement.properties,
    transfers: { attribute: false },
    storedAt: { attribute: false },
    isOver: { state: true },
  };

  declare transfers: Transfer[];
  declare storedAt: Record<string, number>;
  declare isOver: boolean;
  private replacing: string | null = null;

  constructor() {
    super();
    this.transfers = [];
    this.storedAt = {};
    this.isOver = false;
  }

  protected override render(): unknown {
    const stored = this.stored();
    const underWay = this.transfers.filter(({ state }) => state !== "refused").length;
    const room = underWay === this.transfers.length && stored.length + underWay < (this.item.max_files ?? 1);
    return html`<div class="upload" role="group" aria-labelledby=${this.labelledBy || nothing}>
      <p class="hint" id=${this.uid("rule")}>${this.rule()}</p>
      ${stored.map((file) => this.storedRow(file))} ${this.transfers.map((transfer) => this.transferRow(transfer))}
      ${room && !this.readonly ? this.drop() : nothing}
      <input class="vh" type="file" tabindex="-1" aria-hidden="true" accept=${this.accept() || nothing} @change=${this.picked} />
    </div>`;
  }

  private stored(): FileAnswer[] {
    return Array.isArray(this.response) ? (this.response as unknown as FileAnswer[]) : [];
  }

  private kinds(): string {
    const kinds = (this.item.accept ?? []).map((kind) => kind.toUpperCase());
    const last = kinds.pop();
    return kinds.length > 0 ? `${kinds.join(", ")}${this.words.or}${last}` : (last ?? this.words.anyKind);
  }

  private accept(): string {
    return (this.item.accept ?? []).map((kind) => `.${kind}`).join(",");
  }

  private rule(): string {
    return this.words.fileRule(this.kinds(), fileSize(this.item.max_bytes ?? 10_000_000), this.item.max_files ?? 1);
  }

  private storedRow(file: FileAnswer): TemplateResult {
    const at = this.storedAt[file.sha256];
    const size = fileSize(file.size);
    const line = at === undefined ? this.words.fileStoredBefore(size) : this.words.fileStored(size, timeOfDay(at));
    return html`<div class="file">
      ${icon("saved", "icon-ok")}
      <div><p class="strong">${file.name}</p><p class="meta">${line}</p></div>
      ${this.readonly ? nothing : html`<span class="row">${this.button(this.words.replace, file.name, file.sha256)}${this.removeButton(file)}</span>`}
    </div>`;
  }

  private transferRow(transfer: Transfer): TemplateResult {
    const { name, size, sent, state } = transfer;
    if (state === "refused") return this.refusedRow(transfer);
    if (state === "kept") {
      return html`<div class="file">${icon("device")}<div><p class="strong">${name}</p><p class="meta">${this.words.fileKept(fileSize(size))}</p></div></div>`;
    }
    const percent = Math.floor((sent / Math.max(1, size)) * 100);
    return html`<div class="file">
      ${icon("file")}
      <div><p class="strong">${name}</p><progress max="100" value=${percent} aria-label=${this.words.uploading(name)}></progress></div>
      <span class="meta">${this.words.sending(percent, fileSize(size))}</span>
    </div>`;
  }

  private refusedRow({ name, reason }: Transfer): TemplateResult {
    const said = {
      wrong_type: this.words.fileWrongType(this.kinds()),
      too_large: this.words.fileTooLarge(fileSize(this.item.max_bytes ?? 10_000_000)),
      empty: this.words.fileEmpty,
      damaged: this.words.fileDamaged,
      late: this.words.fileLate,
      other: this.words.fileOther,
    }[reason ?? "other"];
    const earlier = this.stored().length > 0 ? ` ${this.words.earlierStays}` : "";
    return html`<div class="file is-refused" role="alert">
      ${icon("alert")}
      <div><p class="strong">${this.words.fileRefused(name)}</p><p class="meta">${said}${earlier}</p></div>
      ${this.button(this.words.choose, name, this.replacing)}
    </div>`;
  }

  private button(word: string, name: string, replaces: string | null): TemplateResult {
    return html`<button class="btn btn-quiet" type="button" @click=${() => this.pick(replaces)}>${word}<span class="vh"> ${name}</span></button>`;
  }

  private removeButton(file: FileAnswer): TemplateResult | typeof nothing {
    if ((this.item.max_files ?? 1) === 1) return nothing;
    const rest = this.stored().filter(({ sha256 }) => sha256 !== file.sha256);
    const remove = () => this.tell(rest.length > 0 ? rest.map((each) => ({ ...each })) : null);
    return html`<button class="btn btn-icon" type="button" aria-label="${this.words.remove}: ${file.name}" @click=${remove}>${icon("trash")}</button>`;
  }

  private drop(): TemplateResult {
    return html`<div class="drop ${this.isOver ? "is-over" : ""}" @dragover=${this.dragged} @dragleave=${() => (this.isOver = false)} @drop=${this.dropped}>
      ${icon("upload")}
      <button class="btn btn-secondary" type="button" aria-describedby=${this.uid("rule")} @click=${() => this.pick(null)}>${this.words.chooseFile}</button>
      <span>${this.words.dropHere}</span>
    </div>`;
  }

  private pick(replaces: string | null): void {
    this.replacing = replaces;
    this.querySelector<HTMLInputElement>("input[type=file]")?.click();
  }

  private picked = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file) this.hand(file);
    input.value = "";
  };

  private dragged = (event: DragEvent): void => {
    event.preventDefault();
    this.isOver = true;
  };

  private dropped = (event: DragEvent): void => {
    event.preventDefault();
    this.isOver = false;
    const file = event.dataTransfer?.files[0];
    if (file) this.hand(file);
  };

  private hand(file: File): void {
    const detail: ChosenFile = { file, replaces: this.replacing };
    this.dispatchEvent(new CustomEvent("file", { detail, bubbles: true, composed: true }));
    this.replacing = null;
  }
}

customElements.define("upload-field", UploadField);
