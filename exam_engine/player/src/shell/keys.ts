/** What a key asks for. */
export type KeyAct =
  | { act: "choose"; place: number }
  | { act: "strike"; place: number }
  | { act: "flag" | "previous" | "next" | "palette" | "help" };

const TYPING = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";
const OWN_ARROWS = "input[type=radio], select, [role=tab], [role=separator], [role=tabpanel], dialog";

export interface Press {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
}

/**
 * Reads single keys; remembers an X until the next letter. None acts while typing or with a modifier.
 * F flags, unless the question has an answer F.
 */
export class Keys {
  private crossing = false;

  read(press: Press, target: Element | null, places: number): KeyAct | null {
    if (press.ctrlKey || press.altKey || press.metaKey || target?.closest(TYPING) || target?.closest("dialog")) return null;
    const crossing = this.crossing;
    this.crossing = false;
    const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
    if (key === "x") {
      this.crossing = true;
      return null;
    }
    const place = key.length === 1 ? "abcdefgh".indexOf(key) : -1;
    if (place >= 0 && place < places) return { act: crossing ? "strike" : "choose", place };
    if (press.repeat) return null;
    if ((key === "ArrowLeft" || key === "ArrowRight") && target?.closest(OWN_ARROWS)) return null;
    const acts: Record<string, "flag" | "previous" | "next" | "palette" | "help"> = { f: "flag", ArrowLeft: "previous", ArrowRight: "next", p: "palette", "?": "help" };
    const act = acts[key];
    return act ? { act } : null;
  }
}
