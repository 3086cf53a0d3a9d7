import { decodeFrame, KIND, kindOf, lengthOf, type Announcement } from './frame/codec.js';

/** What a frame that came back carried, as far as somebody has to be told. */
export interface Returned {
  /** Correlations of its asks. */
  readonly asks: readonly number[];
  /** Whether it told, answered, or said that something had been missed: of that, its receiver has to know. */
  readonly told: boolean;
}

export function readReturned(frame: Buffer): Returned {
  const ops = decodeFrame(frame)?.ops ?? [];
  const asks: number[] = [];
  let told = false;
  for (let at = 0; at < ops.length; at += lengthOf(ops[at] as number)) {
    const kind = kindOf(ops[at] as number);
    if (kind === KIND.ask || kind === KIND.tracedAsk) asks.push(ops[at + 1] as number);
    else if (kind !== KIND.announcement) told = true;
    else if ((ops[at + 1] as Announcement).event === 'missed') told = true;
  }
  return { asks, told };
}

/**
 * Addresses that this process could not send to. Whoever listens there does not know, if only the sender's link was cut: it is told as soon as it can
 * be, and looks for itself (deliveries are at most once, and the log has them all).
 */
export class Missed {
  private readonly addresses = new Set<string>();

  add(address: string): void {
    this.addresses.add(address);
  }

  /** Takes them out; those who cannot be told now come back by `add`. */
  take(): string[] {
    const taken = [...this.addresses];
    this.addresses.clear();
    return taken;
  }
}
