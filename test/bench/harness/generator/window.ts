import { nowMs } from '../clock.js';
import type { Client, Listener } from './client.js';
import type { Tally } from './tally.js';

/** A sender to which nothing has come for so long has lost what was under way. */
const LOST_AFTER_MS = 2_000;

interface WindowOptions {
  readonly senders: readonly Client[];
  readonly receivers: readonly Client[];
  readonly window: number;
  readonly until: 'arrival' | 'acceptance';
  readonly send: (client: Client) => void;
  readonly tally: Tally;
}

/** Keeps so many messages of each sender under way: one that has arrived lets the next one go. */
export class Window implements Listener {
  private readonly underWay: number[];
  private readonly heardAt: number[];
  private readonly watch: NodeJS.Timeout;
  private running = true;
  private turn = 0;

  constructor(private readonly options: WindowOptions) {
    const { senders, receivers, window } = options;
    this.underWay = senders.map(() => 0);
    this.heardAt = senders.map(() => nowMs());
    for (const client of receivers) client.listener = this;
    for (let i = 0; i < window; i++) for (const { index } of senders) this.send(index);
    this.watch = setInterval(() => this.refill(), LOST_AFTER_MS);
  }

  stop(): void {
    this.running = false;
    clearInterval(this.watch);
  }

  onMessage(client: Client): void {
    this.options.tally.delivered++;
    if (this.options.until === 'arrival') this.ended(client);
  }

  onAccepted(client: Client): void {
    this.options.tally.accepted++;
    if (this.options.until === 'acceptance') this.ended(client);
  }

  private ended({ index }: Client): void {
    const { senders, receivers } = this.options;
    const sender = receivers.length === 1 ? this.turn++ % senders.length : index;
    if (sender >= senders.length) return;
    this.underWay[sender] = Math.max(0, (this.underWay[sender] as number) - 1);
    this.heardAt[sender] = nowMs();
    this.send(sender);
  }

  private send(sender: number): void {
    if (!this.running) return;
    this.underWay[sender] = (this.underWay[sender] as number) + 1;
    this.options.send(this.options.senders[sender] as Client);
  }

  private refill(): void {
    const now = nowMs();
    for (const { index } of this.options.senders) {
      if (now - (this.heardAt[index] as number) < LOST_AFTER_MS) continue;
      this.options.tally.lost += this.underWay[index] as number;
      this.underWay[index] = 0;
      this.heardAt[index] = now;
      for (let i = 0; i < this.options.window; i++) this.send(index);
    }
  }
}
