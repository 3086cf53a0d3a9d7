import type { Redis } from 'ioredis';
import { UnhurriedReading } from '#net';
import { encode, PlainCommand, PushReader, type Pushed, type Target } from '#redis';
import { connect, drop, end } from './connection.js';
import { corkThisCallback } from './cork.js';
import type { Connecting, Listener, ListenerEvents, Published, Publisher, PublisherEvents } from './side.js';

type OneServer = Exclude<Target, { kind: 'cluster' }>;

const ping = (client: Redis): void => {
  if (client.status === 'ready') client.ping().catch(() => undefined);
};

/** One connection that publishes: to a server, or to whom the Sentinels name. */
export class SinglePublisher implements Publisher {
  private readonly client: Redis;
  private readonly answers = new UnhurriedReading();

  constructor(
    to: OneServer,
    connecting: Connecting,
    private readonly events: PublisherEvents,
  ) {
    this.client = connect({ ...connecting, to });
    this.client.on('ready', () => events.onTurned(true));
    this.client.on('close', () => events.onTurned(false));
  }

  publish(address: string, frame: Buffer, done: Published): void {
    corkThisCallback(this.client.stream);
    const command = new PlainCommand('publish', [address, frame], (error, receivers) => {
      // A broken connection is known before the frames it cost: whoever hears of them must not think that nobody listens.
      if (error && this.client.status !== 'ready') this.events.onTurned(false);
      done(error, receivers as number | undefined);
    });
    void this.client.sendCommand(command);
    this.answers.defer(this.client.stream);
  }

  ping(): void {
    ping(this.client);
  }

  stop(): Promise<void> {
    return end(this.client);
  }
}

const PING = encode(['PING']);
/** Pings without an answer, or anything else heard, after which a connection counts as dead. */
const SILENT_PINGS = 3;

/**
 * One connection that listens. ioredis opens it, and again whenever it is lost; once it is ready nothing but frames comes on it, and those are read here
 * (docs/decisions/listening.md).
 */
export class SingleListener implements Listener {
  private readonly client: Redis;
  private silentPings = 0;
  private missing = 0;

  constructor(
    to: OneServer,
    private readonly addresses: readonly string[],
    private readonly connecting: Connecting,
    private readonly events: ListenerEvents,
  ) {
    this.client = connect({ ...connecting, to });
    this.client.on('close', () => events.onTurned(false));
    // A tick later ioredis has done with the answer that made it ready.
    this.client.on('ready', () => process.nextTick(() => this.listen()));
  }

  ping(): void {
    const { status, stream } = this.client;
    if (status !== 'ready') return;
    if (this.silentPings++ < SILENT_PINGS) stream.write(PING);
    else stream.destroy(new Error('Redis has been silent for too long'));
  }

  stop(): Promise<void> {
    return drop(this.client);
  }

  private listen(): void {
    const { client, addresses } = this;
    if (client.status !== 'ready') return;
    const { stream } = client;
    const reader = new PushReader({
      onMessage: (frame) => this.events.onFrame(frame),
      onReply: (reply) => this.answered(reply),
    });
    this.silentPings = 0;
    this.missing = addresses.length;
    stream.removeAllListeners('data').on('data', (chunk: Buffer) => {
      this.silentPings = 0;
      try {
        reader.read(chunk);
      } catch (error) {
        this.fail(error);
      }
    });
    stream.write(encode(['SUBSCRIBE', ...addresses]));
  }

  private answered(reply: Pushed): void {
    if (reply instanceof Error) this.fail(reply);
    else if (Array.isArray(reply) && String(reply[0]) === 'subscribe' && --this.missing === 0)
      this.events.onTurned(true);
  }

  /** Without its subscriptions the connection is of no use: a new one tries again, after the back-off. */
  private fail(error: unknown): void {
    if (this.client.status !== 'ready') return;
    this.connecting.onError(error);
    this.client.disconnect(true);
  }
}
