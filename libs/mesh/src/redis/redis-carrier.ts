import type { Redis, RedisOptions } from 'ioredis';
import type { Carrier, CarrierEvents } from '../carrier.js';
import { Later } from '../later.js';
import { connect, end } from './connection.js';

export interface RedisCarrierOptions {
  /** `redis://` or `rediss://`: one server. For Sentinel give `sentinels` and `name` in `redis` too. */
  readonly url: string;
  /** More for both connections (TLS, user, name). Queues, retries and timeouts are the carrier's own. */
  readonly redis?: RedisOptions;
  /** Published but not yet confirmed; above it the carrier counts as disconnected until half has gone. Default 64 MiB. */
  readonly maxInFlightBytes?: number;
  /** Each connection is pinged as often, ms; one that is silent for three times as long is replaced. Default 2,000. */
  readonly pingMs?: number;
  /** Connection faults, once an outage. Default: a process warning. */
  readonly onError?: (error: unknown) => void;
}

interface Undelivered {
  readonly address: string;
  readonly frame: Buffer;
}

/**
 * Redis pub/sub: an address is a channel. One connection publishes, one listens. PUBLISH answers how many heard; none means that nobody
 * listens there. `start` waits for Redis for as long as it takes.
 */
export class RedisCarrier implements Carrier {
  private readonly options: Required<RedisCarrierOptions>;
  private publisher: Redis | undefined;
  private subscriber: Redis | undefined;
  private events: CarrierEvents | undefined;
  private canSend = false;
  private canHear = false;
  private choked = false;
  private connected = false;
  /** This outage has been reported. */
  private reported = false;
  private inFlightBytes = 0;
  private pings: NodeJS.Timeout | undefined;
  private onFirst: (() => void) | undefined;
  private readonly undelivered = new Later<Undelivered>(({ address, frame }) =>
    this.events?.onUndeliverable(address, frame),
  );

  constructor(options: RedisCarrierOptions) {
    if (!/^rediss?:\/\//.test(options.url)) {
      throw new Error(`RedisCarrier url "${options.url.split('@').at(-1)}": allowed are redis:// and rediss://`);
    }
    this.options = {
      redis: {},
      maxInFlightBytes: 64 * 1_048_576,
      pingMs: 2_000,
      onError: (error) => process.emitWarning(`redis carrier: ${String(error)}`),
      ...options,
    };
  }

  async start(addresses: readonly string[], events: CarrierEvents): Promise<void> {
    this.events = events;
    const first = new Promise<void>((done) => {
      this.onFirst = done;
    });
    this.publisher = this.openPublisher();
    this.subscriber = this.openSubscriber([...addresses]);
    this.pings = setInterval(() => this.ping(), this.options.pingMs);
    await first;
  }

  send(address: string, frame: Buffer): void {
    const { publisher } = this;
    if (!publisher) return;
    if (!this.canSend || this.choked) return this.undelivered.push({ address, frame });
    this.inFlightBytes += frame.length;
    if (this.inFlightBytes > this.options.maxInFlightBytes) this.choke(true);
    void publisher.publish(address, frame, (error, receivers) => this.published(address, frame, error, receivers));
  }

  async stop(): Promise<void> {
    const { publisher, subscriber } = this;
    this.publisher = this.subscriber = this.events = undefined;
    clearInterval(this.pings);
    this.canSend = this.canHear = this.connected = this.choked = this.reported = false;
    this.inFlightBytes = 0;
    this.onFirst?.();
    await Promise.all([publisher && end(publisher), subscriber && end(subscriber)]);
  }

  private open(): Redis {
    const client = connect({ ...this.options, onError: (error) => this.fault(error) });
    client.on('close', () => this.fault(new Error('The connection to Redis was lost')));
    return client;
  }

  /** Once an outage. */
  private fault(error: unknown): void {
    if (!this.events || this.reported) return;
    this.reported = true;
    this.options.onError(error);
  }

  private openPublisher(): Redis {
    const client = this.open();
    const turned = (canSend: boolean): void => {
      if (client !== this.publisher) return;
      this.canSend = canSend;
      this.update();
    };
    client.on('ready', () => turned(true));
    client.on('close', () => turned(false));
    return client;
  }

  private openSubscriber(addresses: string[]): Redis {
    const client = this.open();
    const turned = (canHear: boolean): void => {
      if (client !== this.subscriber) return;
      this.canHear = canHear;
      this.update();
    };
    client.on('messageBuffer', (_channel: Buffer, frame: Buffer) => {
      if (client === this.subscriber) this.events?.onFrame(frame);
    });
    client.on('close', () => turned(false));
    client.on('ready', () => {
      client.subscribe(...addresses).then(
        () => turned(client.status === 'ready'),
        // Without its subscriptions the connection is of no use: a new one tries again, after the back-off.
        (error: unknown) => this.resubscribe(client, error),
      );
    });
    return client;
  }

  private resubscribe(client: Redis, error: unknown): void {
    if (client !== this.subscriber || client.status !== 'ready') return;
    this.fault(error);
    client.disconnect(true);
  }

  private published(address: string, frame: Buffer, error: Error | null | undefined, receivers = 0): void {
    this.inFlightBytes -= frame.length;
    if (this.choked && this.inFlightBytes < this.options.maxInFlightBytes / 2) this.choke(false);
    if (!error && receivers > 0) return;
    // A broken connection is known before the frames it cost: whoever hears of them must not think that nobody listens.
    if (error && this.publisher?.status !== 'ready') this.lostPublisher();
    this.undelivered.push({ address, frame });
  }

  private lostPublisher(): void {
    this.canSend = false;
    this.update();
  }

  private choke(choked: boolean): void {
    this.choked = choked;
    this.update();
  }

  private update(): void {
    const connected = this.canSend && this.canHear && !this.choked;
    if (connected === this.connected) return;
    this.connected = connected;
    this.events?.onConnected(connected);
    if (!connected) return;
    this.reported = false;
    this.onFirst?.();
    this.onFirst = undefined;
  }

  /** A cut cable says nothing; a connection without an answer to this is closed by its socket timeout. */
  private ping(): void {
    for (const client of [this.publisher, this.subscriber]) {
      if (client?.status === 'ready') client.ping().catch(() => undefined);
    }
  }
}
