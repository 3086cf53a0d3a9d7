import { setTimeout as delay } from 'node:timers/promises';
import {
  WireClient,
  conversationLog,
  type Frame,
  type HistoryRecorder,
  type RecordedClient,
  type RegisterFields,
} from '#testing';
import type { Random } from './random.js';

/** How a device says where it was: it knows itself; the server knows what it acknowledged; the server knows what it wrote. */
export type Habit = 'cursor' | 'manual' | 'server';

export interface DeviceOptions {
  readonly userId: string;
  readonly device: string;
  readonly habit: Habit;
  /** Conversations that it subscribes to on every connection. */
  readonly conversations: readonly string[];
  /** Users whose presence it watches. */
  readonly watches: readonly string[];
  readonly random: Random;
  /** Where it may connect; any will do. */
  readonly urls: readonly string[];
}

const CONNECT_MS = 3_000;
const ANSWER_MS = 4_000;
const PING_MS = 1_000;
/** Without a frame for so long the connection counts as dead. */
const SILENCE_MS = 4_000;
const BACKOFF = { base: 100, most: 2_000 };
/** It leaves by itself after so long, from … to. */
const STAY_MS = [5_000, 40_000] as const;

/** `promise`, or undefined after so many ms. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

interface Place {
  readonly lastMessageId: number;
  readonly epoch: string;
}

/** One device of a user, as a client of any make: connects, registers, reads, acknowledges, and comes back whatever happens to it. */
export class Device {
  /** The connection that is registered now, and its id on the server. */
  live: { readonly client: RecordedClient; readonly connectionId: string } | undefined;
  /** What its pushes and replies said last of those it watches. */
  readonly statuses = new Map<string, string>();
  /** Each time without a connection that it had not asked for, ms. */
  readonly outages: number[] = [];
  /** Its newest connection was closed as replaced by another: what it had done before, for people. */
  readonly replaced: string[] = [];
  private readonly trail: string[] = [];
  private wanted = true;
  private running = true;
  private failures = 0;
  /** When it last had a sign of life of a connection that it did not want to lose. */
  private lostAt: number | undefined;
  private readonly places = new Map<string, Place>();
  private readonly loop: Promise<void>;

  constructor(
    readonly options: DeviceOptions,
    private readonly recorder: HistoryRecorder,
  ) {
    this.loop = this.run();
  }

  /** It is to be connected, or to come back as soon as it can. */
  get wants(): boolean {
    return this.wanted;
  }

  /** Leaves, in good order or not, and stays away until `comeBack`. */
  async goAway(): Promise<void> {
    this.wanted = false;
    const { live } = this;
    if (live) await this.leave(live.client);
  }

  comeBack(): void {
    this.wanted = true;
  }

  async stop(): Promise<void> {
    this.running = false;
    this.live?.client.cut();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (this.running) {
      const began = performance.now();
      // A connection refused is an outage like one lost.
      if (this.wanted && !(await this.visit().catch(() => false)) && this.wanted) this.lostAt ??= began;
      this.live = undefined;
      if (this.running) await delay(this.pause());
    }
  }

  private pause(): number {
    if (!this.wanted) return 50;
    const bound = Math.min(BACKOFF.most, BACKOFF.base * 2 ** this.failures++);
    return Math.floor(this.options.random.next() * bound);
  }

  /** One connection from its beginning to its end; whether it was registered. */
  private async visit(): Promise<boolean> {
    const { random, urls } = this.options;
    const url = random.pick(urls);
    this.note(`to ${url}`);
    const wire = await WireClient.connect(url, { handshakeTimeout: CONNECT_MS });
    const client = this.recorder.record(wire);
    const ends = new Promise<number>((done) => wire.socket.once('close', done));
    try {
      const registered = await this.register(client);
      if (!registered) return false;
      const { connectionId, epoch } = registered;
      this.arrived(client, String(connectionId));
      const attended = this.attend(client, ends, String(epoch)).finally(() => client.cut());
      await Promise.all([this.open(client), attended]);
      return true;
    } finally {
      this.note('gone');
      client.cut();
      this.remember(client);
    }
  }

  private async register(client: RecordedClient): Promise<Frame | undefined> {
    const { userId, random } = this.options;
    for (let tries = 0; tries < 3 && client.open; tries++) {
      this.note('registering');
      const reply = await within(client.register(userId, this.fields()), ANSWER_MS);
      if (reply?.['type'] === 'registered') return reply;
      if (!reply || !this.wanted || !this.running) return undefined;
      await delay(random.between(100, 1_000));
    }
    return undefined;
  }

  private fields(): RegisterFields {
    const { habit, device, userId } = this.options;
    if (habit === 'manual') return { device, ack: 'manual' };
    return habit === 'server' ? { device } : { device, ...this.places.get(`inbox:${userId}`) };
  }

  private arrived(client: RecordedClient, connectionId: string): void {
    this.note(`registered as ${connectionId}`);
    this.live = { client, connectionId };
    this.failures = 0;
    if (this.lostAt !== undefined) this.outages.push(performance.now() - this.lostAt);
    this.lostAt = undefined;
  }

  /** Subscriptions and watches, again until each is answered. */
  private async open(client: RecordedClient): Promise<void> {
    const { conversations, watches } = this.options;
    client.wire.socket.on('message', () => this.heard(client));
    for (const conversation of conversations) {
      const cursor = this.places.get(conversationLog(conversation)) ?? { lastMessageId: 0 };
      await this.insist(client, () => client.subscribe(conversation, cursor), 'subscribed');
    }
    if (watches.length === 0) return;
    await this.insist(client, () => client.command({ type: 'watch', userIds: watches }), 'watching');
  }

  private async insist(client: RecordedClient, ask: () => Promise<Frame | undefined>, type: string): Promise<void> {
    while (client.open) {
      const reply = await within(ask(), ANSWER_MS);
      if (reply?.['type'] === type) return;
      if (!reply) return client.cut();
      await delay(this.options.random.between(100, 500));
    }
  }

  /** Statuses, pushed or answered. */
  private heard(client: RecordedClient): void {
    const frame = client.wire.frames.at(-1) ?? {};
    const told = frame['type'] === 'presence' ? [frame] : frame['type'] === 'watching' ? frame['statuses'] : undefined;
    for (const { userId, status } of (told as { userId: string; status: string }[] | undefined) ?? [])
      this.statuses.set(userId, status);
  }

  /** Until the connection ends, or this device has had enough of it. */
  private async attend(client: RecordedClient, ends: Promise<number>, epoch: string): Promise<void> {
    const { random, habit } = this.options;
    let heardAt = performance.now();
    let acked = 0;
    client.wire.socket.on('message', () => (heardAt = performance.now()));
    const leaveAt = heardAt + random.between(...STAY_MS);
    while (client.open && this.running && this.wanted) {
      const code = await within(ends, PING_MS);
      if (code !== undefined) return this.ended(code, heardAt);
      const now = performance.now();
      if (now - heardAt > SILENCE_MS) return this.ended(1006, heardAt);
      if (now > leaveAt) return this.leave(client);
      client.wire.send({ type: 'ping' });
      const { position } = client;
      if (habit === 'manual' && position > acked && epoch !== '') void client.acknowledge((acked = position));
    }
  }

  private note(what: string): void {
    this.trail.push(`${new Date().toISOString().slice(11, 23)} ${what}`);
    if (this.trail.length > 12) this.trail.shift();
  }

  private ended(code: number, heardAt: number): void {
    this.note(`ended with ${code}`);
    if (!this.running || !this.wanted) return;
    this.lostAt = heardAt;
    if (code === 4501) this.replaced.push(`${this.options.userId}/${this.options.device}: ${this.trail.join('; ')}`);
  }

  private async leave(client: RecordedClient): Promise<void> {
    if (this.options.random.chance(0.5)) return client.cut();
    await within(client.close(), CONNECT_MS);
    client.cut();
  }

  private remember(client: RecordedClient): void {
    for (const view of client.logs) {
      const last = view.messages.findLast(({ messageId }) => messageId > 0)?.messageId;
      const { epoch, resumed } = view.opened;
      const lastMessageId = last ?? (resumed ? view.cursor : 0);
      if (lastMessageId !== undefined) this.places.set(view.log, { lastMessageId, epoch });
    }
  }
}
