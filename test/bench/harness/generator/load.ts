import { randomBytes } from 'node:crypto';
import { nowMs } from '../clock.js';
import { Client, type Listener } from './client.js';
import { DIALECTS } from './dialect.js';
import type { BeatOrder, Counts, Group, Orders, PaceOrder, Sending, WindowOrder } from './orders.js';
import { paced } from './pace.js';
import { Tally } from './tally.js';
import { Window } from './window.js';

const AT_ONCE = 50;
/** About 80 bytes of content, with the time in front of it. */
const PADDING = 'x'.repeat(60);
const TIME_LENGTH = 16;

/** Carries orders out: see `Orders`. */
export class Load implements Record<keyof Orders, (argument: never) => unknown> {
  private readonly groups = new Map<string, Client[]>();
  private readonly idPrefix = randomBytes(6).toString('base64url');
  private readonly tally = new Tally();
  private ids = 0;
  private samples: number[] = [];
  private flow: Window | undefined;
  private beats: NodeJS.Timeout | undefined;

  async open({ name, url, dialect, users, room, atOnce = AT_ONCE }: Group): Promise<number> {
    const clients: Client[] = [];
    const started = nowMs();
    let next = 0;
    const open = async (): Promise<void> => {
      for (let index = next++; index < users.length; index = next++) {
        const who = { url, userId: users[index] as string, index, room };
        clients[index] = await Client.open(who, DIALECTS[dialect], this.tally);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, users.length) }, open));
    this.groups.set(name, clients);
    return nowMs() - started;
  }

  async close(name: string): Promise<void> {
    const clients = this.clientsOf(name);
    this.groups.delete(name);
    await Promise.all(clients.map((client) => client.end()));
  }

  counts(): Counts {
    const { sent, delivered, accepted, lost } = this.tally;
    return { sent, delivered, accepted, lost };
  }

  latencies(): readonly number[] {
    return this.samples;
  }

  window({ from, receivers, window, until = 'arrival', ...sending }: WindowOrder): void {
    this.flow = new Window({
      senders: this.clientsOf(from),
      receivers: this.clientsOf(receivers),
      window,
      until,
      send: (client) => this.send(client, { from, ...sending }),
      tally: this.tally,
    });
  }

  time(name: string): void {
    this.samples = [];
    const { tally, samples } = this;
    const listener: Listener = {
      onMessage: (_, frame) => {
        tally.delivered++;
        samples.push(nowMs() - sentAt(frame));
      },
      onAccepted: () => void tally.accepted++,
    };
    for (const client of this.clientsOf(name)) client.listener = listener;
  }

  /**
   * Each message carries the time at which it was due, not at which it was sent: a send that is late because the server held it up counts as
   * the server's latency.
   */
  async pace({ rate, messages, ...sending }: PaceOrder): Promise<readonly number[]> {
    const senders = this.clientsOf(sending.from);
    return paced({ rate, count: messages }, (n, due) => this.send(senders[n % senders.length] as Client, sending, due));
  }

  beat({ names, everyMs }: BeatOrder): void {
    const clients = names.flatMap((name) => this.clientsOf(name));
    const started = nowMs();
    let pinged = 0;
    this.beats = setInterval(() => {
      const due = Math.floor(((nowMs() - started) / everyMs) * clients.length);
      for (; pinged < due; pinged++) clients[pinged % clients.length]?.ping();
    }, 10);
  }

  stop(): void {
    this.flow?.stop();
    clearInterval(this.beats);
  }

  private send(client: Client, { to, extra }: Sending, due = nowMs()): void {
    this.tally.sent++;
    const content = `${due.toFixed(3).padStart(TIME_LENGTH, '0')} ${PADDING}`;
    const more = extra.includes('$id') ? extra.replace('$id', `${this.idPrefix}-${this.ids++}`) : extra;
    client.send(to[client.index] ?? '', content, more);
  }

  private clientsOf(name: string): Client[] {
    const clients = this.groups.get(name);
    if (!clients) throw new Error(`no group ${name}`);
    return clients;
  }
}

const CONTENT = Buffer.from('"content":"');

/** The time that a message's content begins with. */
function sentAt(frame: Buffer): number {
  const at = frame.indexOf(CONTENT) + CONTENT.length;
  return Number(frame.toString('latin1', at, at + TIME_LENGTH));
}
