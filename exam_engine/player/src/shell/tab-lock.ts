/** One exam, one tab: what came of asking for it. */
export type Held = { held: false } | { held: true; lost: Promise<void> };

/**
 * Asks for the exam in this browser. With `take`, it is taken from the tab that has it, which then learns
 * of it through `lost`.
 */
export function holdExam(paper: string, take = false): Promise<Held> {
  const { locks } = navigator;
  if (!locks) return Promise.resolve({ held: true, lost: new Promise(() => undefined) });
  return new Promise((resolve) => {
    let wasHeld = false;
    const lost = new Promise<void>((lose) => {
      const keep = (lock: Lock | null): Promise<void> | undefined => {
        if (lock === null) {
          resolve({ held: false });
          return undefined;
        }
        wasHeld = true;
        resolve({ held: true, lost });
        return new Promise(() => undefined);
      };
      locks.request(`exam:${paper}`, take ? { steal: true } : { ifAvailable: true }, keep).catch(() => {
        if (wasHeld) lose();
        else resolve({ held: false });
      });
    });
  });
}
