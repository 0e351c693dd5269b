/** Timers, given in so that tests decide when time passes. */
export interface Timers {
  set(run: () => void, ms: number): unknown;
  clear(id: unknown): void;
}

export const browserTimers: Timers = {
  set: (run, ms) => window.setTimeout(run, ms),
  clear: (id) => window.clearTimeout(id as number),
};

/** Timers by name: setting one again replaces it, and all can be stopped at once. */
export class Alarms {
  private readonly running = new Map<string, unknown>();
  private stopped = false;

  constructor(private readonly timers: Timers) {}

  has(name: string): boolean {
    return this.running.has(name);
  }

  set(name: string, run: () => void, ms: number): void {
    this.cancel(name);
    if (this.stopped) return;
    const ring = () => {
      this.running.delete(name);
      run();
    };
    this.running.set(name, this.timers.set(ring, ms));
  }

  cancel(name: string): void {
    if (!this.running.has(name)) return;
    this.timers.clear(this.running.get(name));
    this.running.delete(name);
  }

  /** Ends all of them for good. */
  stop(): void {
    this.stopped = true;
    for (const name of [...this.running.keys()]) this.cancel(name);
  }
}
