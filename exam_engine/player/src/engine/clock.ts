/**
 * The centre's clock, seen from here. Between two replies it is carried on by a monotonic counter,
 * so that changing the device's clock changes nothing.
 */
export class ServerClock {
  private atReply = 0;
  private counterAtReply = 0;

  constructor(private readonly counter: () => number = () => performance.now()) {}

  /** Takes the centre's time from a reply; `sent` is the counter when the request left. */
  observe(nowMs: number, sent = this.counter()): void {
    const received = this.counter();
    this.atReply = nowMs + (received - sent) / 2;
    this.counterAtReply = received;
  }

  now(): number {
    return this.atReply + (this.counter() - this.counterAtReply);
  }

  mark(): number {
    return this.counter();
  }
}
