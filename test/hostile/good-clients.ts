import { WebSocket } from 'ws';

export interface GoodClientsOptions {
  /** Gateways by URL; the two of a pair are on different ones, where there are several. */
  readonly urls: readonly string[];
  /** Talking two by two. */
  readonly clients: number;
  /** Between a reply and the next message, ms. */
  readonly thinkMs: number;
}

/** One end of a conversation of two; what it sees that it should not is a fault. */
class Talker {
  readonly socket: WebSocket;
  received = 0;
  accepted = 0;
  sent = 0;
  onReceived: ((content: string) => void) | undefined;
  onRegistered: (() => void) | undefined;
  ending = false;

  constructor(
    url: string,
    readonly userId: string,
    private readonly peer: string,
    private readonly fault: (what: string) => void,
  ) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as Record<string, unknown>));
    this.socket.on('close', (code) => this.ending || fault(`${userId} was closed with ${code}`));
    this.socket.on('error', (error) => fault(`${userId}: ${error.message}`));
  }

  async register(): Promise<void> {
    await new Promise<void>((done, fail) => this.socket.once('open', done).once('error', fail));
    const registered = new Promise<void>((done) => (this.onRegistered = done));
    this.socket.send(JSON.stringify({ type: 'register', userId: this.userId }));
    await registered;
  }

  send(content: string): void {
    this.sent++;
    const { peer: to, sent } = this;
    this.socket.send(JSON.stringify({ type: 'message', to, content, id: `${this.userId}-${sent}`, ref: sent }));
  }

  private take(event: Readonly<Record<string, unknown>>): void {
    switch (event['type']) {
      case 'registered':
        return this.onRegistered?.();
      case 'accepted':
        this.accepted++;
        if (event['ref'] !== this.accepted)
          this.fault(`${this.userId}: accepted ${String(event['ref'])} after ${this.accepted - 1}`);
        return;
      case 'message':
        this.received++;
        if (event['messageId'] !== this.received || event['from'] !== this.peer)
          this.fault(`${this.userId}: message ${String(event['messageId'])} after ${this.received - 1}`);
        return this.onReceived?.(String(event['content']));
      case 'receipt':
        return;
      default:
        this.fault(`${this.userId} was told ${JSON.stringify(event)}`);
    }
  }
}

/**
 * Well-behaved clients, talking two by two: a message, its answer, the next. Each sees to it that it gets every message of its log once, in
 * order, that each of its own is accepted in order, and that nothing else happens to it.
 */
export class GoodClients {
  readonly faults: string[] = [];
  /** Round trips since `resetTimes`, ms. */
  private times: number[] = [];
  private readonly talkers: Talker[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private talking = true;

  private constructor(private readonly options: GoodClientsOptions) {}

  static async start(options: GoodClientsOptions): Promise<GoodClients> {
    const clients = new GoodClients(options);
    for (let pair = 0; pair < options.clients / 2; pair++) await clients.addPair(pair);
    return clients;
  }

  /** Messages that have arrived, of all. */
  get received(): number {
    return this.talkers.reduce((sum, { received }) => sum + received, 0);
  }

  /** Begins a new measurement; returns the times of the last. */
  takeTimes(): number[] {
    const taken = this.times;
    this.times = [];
    return taken.sort((a, b) => a - b);
  }

  /** Begins nothing new; what is under way goes on. */
  quiet(): void {
    this.talking = false;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** What was sent has arrived and was accepted; else says of whom not. */
  get missing(): string[] {
    const accepted = this.talkers.filter((talker) => talker.accepted !== talker.sent);
    const arrived = this.talkers.filter((talker, i) => talker.received !== this.talkers[i ^ 1]!.sent);
    return [
      ...accepted.map(({ userId, accepted: got, sent }) => `${userId}: ${got} of ${sent} accepted`),
      ...arrived.map(({ userId, received }) => `${userId}: has ${received} only`),
    ];
  }

  stop(): void {
    this.quiet();
    for (const talker of this.talkers) {
      talker.ending = true;
      talker.socket.terminate();
    }
  }

  private async addPair(pair: number): Promise<void> {
    const { urls } = this.options;
    const [one, other] = [`good-${pair}-a`, `good-${pair}-b`];
    const fault = (what: string): unknown => this.faults.push(what);
    const asking = new Talker(urls[pair % urls.length]!, one, other, fault);
    const answering = new Talker(urls[(pair + 1) % urls.length]!, other, one, fault);
    this.talkers.push(asking, answering);
    await Promise.all([asking.register(), answering.register()]);
    answering.onReceived = (content) => answering.send(content);
    this.talk(asking);
  }

  private talk(asking: Talker): void {
    const askedAt = performance.now();
    const content = `${asking.userId} says ${asking.sent + 1}`;
    asking.onReceived = (answer) => {
      this.times.push(performance.now() - askedAt);
      if (answer !== content) this.faults.push(`${asking.userId} was answered ${answer}, not ${content}`);
      if (!this.talking) return;
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.talk(asking);
      }, this.options.thinkMs);
      this.timers.add(timer);
    };
    asking.send(content);
  }
}

/** The value below which `share` of the sorted times lie. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
