/** What a node has done so far; counts since its start, times in ms. */
export interface MeshStats {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly asks: number;
  readonly replies: number;
  readonly timeouts: number;
  /** Asks that failed otherwise: no member, member left, the handler's refusal. */
  readonly failures: number;
  /** Asks sent again, to a new owner or after a gap of the carrier. */
  readonly resent: number;
  /** Asks that wait for an answer now. */
  readonly pending: number;
  /** Frames that the carrier gave back. */
  readonly undeliverable: number;
  /** Frames that were not frames of ours: dropped. */
  readonly poison: number;
  /** Packets for a pattern that nobody handles here, and those that came while this process was fenced. */
  readonly unhandled: number;
  /** From the first packet queued in a turn to its frame: mean and largest. */
  readonly lateness: { readonly meanMs: number; readonly maxMs: number };
}

/** The counting side of `MeshStats`. */
export class Counters {
  packetsSent = 0;
  packetsReceived = 0;
  framesSent = 0;
  framesReceived = 0;
  bytesSent = 0;
  bytesReceived = 0;
  asks = 0;
  replies = 0;
  timeouts = 0;
  failures = 0;
  resent = 0;
  undeliverable = 0;
  poison = 0;
  unhandled = 0;
  private turns = 0;
  private latenessMs = 0;
  private maxLatenessMs = 0;

  sent(packets: number, bytes: number): void {
    this.framesSent++;
    this.packetsSent += packets;
    this.bytesSent += bytes;
  }

  late(ms: number): void {
    this.turns++;
    this.latenessMs += ms;
    if (ms > this.maxLatenessMs) this.maxLatenessMs = ms;
  }

  snapshot(pending: number): MeshStats {
    const { turns, latenessMs, maxLatenessMs, ...counts } = this;
    return {
      ...counts,
      pending,
      lateness: { meanMs: turns === 0 ? 0 : latenessMs / turns, maxMs: maxLatenessMs },
    };
  }
}
