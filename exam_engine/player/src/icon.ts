import { html, type TemplateResult } from "lit";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import sprite from "../styles/icons.svg?raw";

const shapes = new Map(
  [...sprite.matchAll(/<symbol id="([^"]+)"[^>]*>(.*?)<\/symbol>/g)].map(([, name = "", shape = ""]) => [name, shape]),
);

/** An icon of the product's set, drawn in the current colour. It says nothing by itself. */
export function icon(name: string, extra = ""): TemplateResult {
  return html`<svg class="icon ${extra}" viewBox="0 0 20 20" aria-hidden="true">${unsafeSVG(shapes.get(name) ?? "")}</svg>`;
}
