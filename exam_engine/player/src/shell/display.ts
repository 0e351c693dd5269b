/** How the page looks on this device: theme and contrast are the device's, text size and language the attempt's. */
export type Theme = "system" | "light" | "dark";
export type Contrast = "normal" | "more";

export const SIZES = [1, 2, 3, 4, 5] as const;
export const USUAL_SIZE = 2;

/** What a browser keeps between visits; nothing where it keeps nothing. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice then lasts for this visit.
  }
}

export function themeNow(): Theme {
  return (document.documentElement.dataset["theme"] as Theme | undefined) ?? "system";
}

export function contrastNow(): Contrast {
  return document.documentElement.dataset["contrast"] === "more" ? "more" : "normal";
}

export function setTheme(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset["theme"];
  else dataset["theme"] = theme;
  keep("exam-theme", theme);
}

export function setContrast(contrast: Contrast): void {
  const { dataset } = document.documentElement;
  if (contrast === "more") dataset["contrast"] = "more";
  else delete dataset["contrast"];
  keep("exam-contrast", contrast);
}

export function restoreDisplay(): void {
  const theme = recall("exam-theme");
  if (theme === "light" || theme === "dark") setTheme(theme);
  if (recall("exam-contrast") === "more") setContrast("more");
}

/** The size of the text, as the control in the head has set it. */
export function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

export function showSize(size: number): void {
  document.documentElement.dataset["zoom"] = String(size);
}
