// The print button; without this script it stays hidden, and the browser's own menu prints the page.

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => { window.print(); });
}
