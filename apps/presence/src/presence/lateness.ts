import { Injectable } from '@nestjs/common';

/** Clocks may run apart by so much of the time that passes, though none jumps: they are those that count from a start. */
const DRIFT = 0.001;
/** A gateway process that has not been heard of for so long is forgotten, ms. */
const FORGET_MS = 600_000;
/** Below it, it is the usual delay. */
const NEGLIGIBLE_MS = 250;

interface Heard {
  /** Our time less theirs, of the fastest packet so far. */
  readonly offset: number;
  readonly at: number;
}

/**
 * How long requests were on their way, by the clocks of two machines that nobody has set: the difference between them is that of the fastest request.
 * One that waited (a carrier that was away, a process that was frozen, an ask sent again to another owner) differs by more.
 */
@Injectable()
export class Lateness {
  private readonly heard = new Map<string, Heard>();
  private pruned = 0;

  /**
   * Of a sender that nothing is known of yet it is what the sender itself says: how long it had waited to be sent, be it again.
   *
   * Interleaving: a connection is registered, and its presence instance ends before it answers → the client connects anew and is registered → the
   * first ask is sent again to an instance that has just started, and has heard nobody.
   *
   * @param askedAt by the sender's clock, ms. @param waitedMs how long after that it was sent, ms. @returns ms.
   */
  of(sender: string, askedAt: number | undefined, waitedMs = 0, now: number = performance.now()): number {
    if (askedAt === undefined) return 0;
    this.prune(now);
    const observed = now - (askedAt + waitedMs);
    const known = this.heard.get(sender);
    const offset = known ? Math.min(observed, known.offset + (now - known.at) * DRIFT) : observed;
    this.heard.set(sender, { offset, at: now });
    const lateMs = now - askedAt - offset;
    return lateMs < NEGLIGIBLE_MS ? 0 : Math.round(lateMs);
  }

  private prune(now: number): void {
    if (now - this.pruned < FORGET_MS) return;
    this.pruned = now;
    for (const [sender, { at }] of this.heard) if (now - at >= FORGET_MS) this.heard.delete(sender);
  }
}
