import type { Client, Listener } from './client.js';
import type { Counts } from './orders.js';

/** Counts what comes. */
export class Tally implements Listener, Counts {
  sent = 0;
  delivered = 0;
  accepted = 0;
  lost = 0;

  onMessage(_client: Client, _frame: Buffer): void {
    this.delivered++;
  }

  onAccepted(_client: Client): void {
    this.accepted++;
  }
}
