import { html, nothing, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { Choice } from "../model";
import { asMap, ItemElement, withEntry } from "./item-element";

/** A table of radios, one choice a row; on phones each row becomes a list. Roles are written out, so it stays a table. */
export class MatrixItem extends ItemElement {
  protected override render(): unknown {
    const columns = this.item.columns ?? [];
    return html`<table class="table matrix" role="table" aria-labelledby=${this.labelledBy || nothing}>
      <thead role="rowgroup">
        <tr role="row">
          <td role="cell"></td>
          ${columns.map((column) => html`<th role="columnheader" scope="col">${unsafeHTML(this.text(column.text))}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${(this.item.rows ?? []).map((row) => this.row(row, columns))}
      </tbody>
    </table>`;
  }

  private row(row: Choice, columns: Choice[]): TemplateResult {
    return html`<tr role="row">
      <th role="rowheader" scope="row" id=${this.uid(row.id)}>${unsafeHTML(this.text(row.text))}</th>
      ${columns.map(
        (column) =>
          html`<td role="cell">
            <label class="matrix-cell">
              <input
                class="check-box"
                type="radio"
                name=${this.uid(`row-${row.id}`)}
                value=${column.id}
                aria-label="${this.plain(row.text)}: ${this.plain(column.text)}"
                .checked=${asMap(this.response)[row.id] === column.id}
                ?disabled=${this.readonly}
                @change=${() => this.tell(withEntry(asMap(this.response), row.id, column.id))}
              />
              <span class="matrix-word" aria-hidden="true">${unsafeHTML(this.text(column.text))}</span>
            </label>
          </td>`,
      )}
    </tr>`;
  }
}

customElements.define("matrix-item", MatrixItem);
