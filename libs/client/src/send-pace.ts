/** Messages that may be on their way unanswered: more gain nothing, and where the server has a limit, more would be refused together. */
export const IN_FLIGHT_MAX = 500;
/** Once the server has said that they come too fast, so many go out at once, … */
export const BATCH_MAX = 20;
/** … and the next so much later, ms: a little less than a server with its usual limit (50 a second) takes. */
export const BATCH_EVERY_MS = 500;

/**
 * How many messages go out: as many as there are, until the server says that they come too fast (`WS_RATE_LIMITED`). From then on in batches, of half
 * the size whenever one was still too large, until nothing waits any more: a client that went on regardless would be closed for good (4504).
 */
export class SendPace {
  private batch = Infinity;
  private refused = false;

  /** How many may go out now. */
  room(inFlight: number): number {
    return Math.max(0, Math.min(this.batch, IN_FLIGHT_MAX - inFlight));
  }

  /** The server has refused a message for its rate. What went out together is refused together, and counts once. */
  tooFast(): void {
    if (this.refused) return;
    this.refused = true;
    this.batch = this.batch === Infinity ? BATCH_MAX : Math.max(1, Math.floor(this.batch / 2));
  }

  /** A batch has gone out, and so many wait still. @returns how long the next must wait, ms. */
  sent(count: number, waiting: number): number {
    this.refused = false;
    if (count === 0 && waiting === 0) this.batch = Infinity;
    return this.batch === Infinity ? 0 : BATCH_EVERY_MS;
  }
}
