/** How long to wait before coming back: full jitter over a bound that doubles. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export class Backoff {
  private bound = FIRST_MS;

  /** Milliseconds to wait; what the server has asked for goes first. */
  next(asked: number | null): number {
    const bound = this.bound;
    this.bound = Math.min(2 * bound, LONGEST_MS);
    return asked ?? Math.random() * bound;
  }

  succeeded(): void {
    this.bound = FIRST_MS;
  }
}
