// The button that shows a password; without this script the field is a plain one and the button stays hidden.

for (const place of document.querySelectorAll<HTMLElement>("[data-show-password]")) {
  const field = place.querySelector("input");
  const button = place.querySelector("button");
  if (!field || !button) continue;
  const label = (isShown: boolean) => {
    button.textContent = (isShown ? button.dataset["hide"] : button.dataset["show"]) ?? "";
  };
  label(false);
  button.hidden = false;
  button.addEventListener("click", () => {
    const isShown = field.type === "password";
    field.type = isShown ? "text" : "password";
    label(isShown);
    field.focus();
  });
  field.form?.addEventListener("submit", () => {
    field.type = "password"; // so that no browser offers the password as ordinary text later
  });
}
