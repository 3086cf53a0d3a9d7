import type { Redis } from 'ioredis';
import { retryDelayMs, type Endpoint } from '#redis';
import { SlotMap } from './slot-map.js';

/** Nobody tells that slots have moved without a fault: so often the map is read anyway, ms. */
const REREAD_MS = 5_000;

export interface TopologyEvents {
  /** A node that can be asked now. */
  readonly ask: () => { readonly node: Redis; readonly at: Endpoint } | undefined;
  readonly onRead: (map: SlotMap) => void;
}

/** Reads the cluster's map of slots: from time to time, and soon after somebody says that it is stale, with a back-off while it does not get better. */
export class Topology {
  map = new SlotMap();
  private timer: NodeJS.Timeout | undefined;
  private reading = false;
  private stopped = false;
  private again = false;
  private attempts = 0;

  constructor(private readonly events: TopologyEvents) {}

  /** What the map says has proven wrong, or nobody knows. */
  stale(): void {
    if (this.reading) this.again = true;
    else if (!this.again) {
      this.again = true;
      this.schedule(this.attempts === 0 ? 0 : retryDelayMs(this.attempts));
    }
  }

  /** All is where the map says. */
  settled(): void {
    this.attempts = 0;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.read(), ms);
  }

  private async read(): Promise<void> {
    const asked = this.events.ask();
    this.again = false;
    this.attempts++;
    this.reading = true;
    try {
      const reply = await asked?.node.call('CLUSTER', 'SLOTS');
      if (asked && !this.stopped) {
        this.map = SlotMap.of(reply, asked.at);
        this.events.onRead(this.map);
      }
    } catch {
      // The connection has told of it; the next attempt asks another.
      this.again = true;
    } finally {
      this.reading = false;
    }
    this.schedule(this.again || !asked ? retryDelayMs(this.attempts) : REREAD_MS);
  }
}
