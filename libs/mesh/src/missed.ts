import { Frame, KIND } from './frame/codec.js';

/** What a frame that came back carried, as far as somebody has to be told. */
export interface Returned {
  /** Correlations of its asks. */
  readonly asks: readonly number[];
  /** Whether it told, answered, or said that something had been missed: of that, its receiver has to know. */
  readonly told: boolean;
}

export function readReturned(bytes: Buffer): Returned {
  const frame = Frame.of(bytes);
  const asks: number[] = [];
  let told = false;
  while (frame?.next()) {
    if (frame.kind === KIND.ask) asks.push(frame.correlation);
    else if (frame.kind !== KIND.announcement || frame.announcement.event === 'missed') told = true;
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
