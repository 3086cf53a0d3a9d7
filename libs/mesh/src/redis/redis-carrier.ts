import type { RedisOptions } from 'ioredis';
import { parseTarget, tlsOptions, type Target } from '#redis';
import type { Carrier, CarrierEvents } from '../carrier.js';
import { Later } from '../later.js';
import type { FrameCounts } from '../publication.js';
import { ClusterListener } from './cluster/cluster-listener.js';
import { ClusterPublisher } from './cluster/cluster-publisher.js';
import type { Connecting, Listener, ListenerEvents, Publisher, PublisherEvents } from './side.js';
import { SingleListener, SinglePublisher } from './single.js';

export interface RedisCarrierOptions {
  /** `redis://` (one server), `redis+sentinel://host,…/name`, `redis+cluster://host,…`; `rediss` in place of `redis`: by TLS. */
  readonly url: string;
  /** More for all connections (TLS, user, name). Queues, retries and timeouts are the carrier's own. */
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
 * Redis pub/sub: an address is a channel; on a cluster a sharded one, on the shard of its slot. What publishes and what listens have connections of
 * their own. The broker answers how many heard; none means that nobody listens there. `start` waits for Redis for as long as it takes.
 */
export class RedisCarrier implements Carrier {
  /** None on a cluster, where a channel is on the shard of its slot. */
  readonly frames: FrameCounts | undefined;
  private readonly counts = { sent: 0, answered: 0 };
  private readonly options: Required<RedisCarrierOptions>;
  private readonly target: Target;
  private publisher: Publisher | undefined;
  private listener: Listener | undefined;
  private events: CarrierEvents | undefined;
  private canSend = false;
  private canHear = false;
  private choked = false;
  /** Between the two halves of a gap. */
  private inGap = false;
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
    this.target = parseTarget(options.url);
    this.frames = this.target.kind === 'cluster' ? undefined : this.counts;
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
    this.open([...addresses]);
    this.pings = setInterval(() => this.ping(), this.options.pingMs);
    await first;
  }

  send(address: string, frame: Buffer): void {
    const { publisher, events } = this;
    if (!publisher) return;
    if (!this.canSend || this.choked || this.inGap) return this.undelivered.push({ address, frame });
    this.counts.sent++;
    this.inFlightBytes += frame.length;
    if (this.inFlightBytes > this.options.maxInFlightBytes) this.choke(true);
    publisher.publish(address, frame, (error, receivers = 0) => {
      if (events === this.events) this.published(address, frame, error, receivers);
    });
  }

  async stop(): Promise<void> {
    const { publisher, listener } = this;
    this.publisher = this.listener = this.events = undefined;
    clearInterval(this.pings);
    this.canSend = this.canHear = this.connected = this.choked = this.inGap = this.reported = false;
    this.inFlightBytes = 0;
    this.counts.answered = this.counts.sent;
    this.onFirst?.();
    await Promise.all([publisher?.stop(), listener?.stop()]);
  }

  /** What an earlier start left behind is not heard any more. */
  private open(addresses: readonly string[]): void {
    const { target, events, options } = this;
    const current = (act: () => void): void => {
      if (this.events === events) act();
    };
    const { redis, pingMs } = options;
    const connecting: Connecting = { redis, pingMs, onError: (error) => current(() => this.fault(error)) };
    const onGap = (): void => current(() => this.gap());
    const sends: PublisherEvents = { onTurned: (up) => current(() => this.turn({ canSend: up })), onGap };
    const hears: ListenerEvents = {
      onTurned: (up) => current(() => this.turn({ canHear: up })),
      onGap,
      onFrame: (frame) => current(() => this.events?.onFrame(frame)),
    };
    if (target.kind === 'cluster') return this.openCluster(target, addresses, connecting, sends, hears);
    this.publisher = new SinglePublisher(target, connecting, sends);
    this.listener = new SingleListener(target, addresses, connecting, hears);
  }

  private openCluster(
    { seeds, login, tls }: Extract<Target, { kind: 'cluster' }>,
    addresses: readonly string[],
    { redis, ...rest }: Connecting,
    sends: PublisherEvents,
    hears: ListenerEvents,
  ): void {
    const connecting: Connecting = { ...rest, redis: { ...redis, ...login, ...tlsOptions(tls) } };
    const publisher = new ClusterPublisher(seeds, connecting, sends, (map) => listener.adopt(map));
    const listener = new ClusterListener(addresses, connecting, hears, publisher.topology);
    this.publisher = publisher;
    this.listener = listener;
  }

  /** Once an outage. */
  private fault(error: unknown): void {
    if (this.reported) return;
    this.reported = true;
    this.options.onError(error);
  }

  private published(address: string, frame: Buffer, error: Error | null | undefined, receivers: number): void {
    this.counts.answered++;
    this.inFlightBytes -= frame.length;
    if (this.choked && this.inFlightBytes < this.options.maxInFlightBytes / 2) this.choke(false);
    if (error || receivers === 0) this.undelivered.push({ address, frame });
  }

  private turn(change: { readonly canSend?: boolean; readonly canHear?: boolean }): void {
    Object.assign(this, change);
    this.update();
  }

  private choke(choked: boolean): void {
    this.choked = choked;
    this.update();
  }

  /** Away and back: what fails in this turn is given back while it is away. */
  private gap(): void {
    if (this.inGap || !this.connected) return;
    const { events } = this;
    this.inGap = true;
    this.update();
    setImmediate(() =>
      setImmediate(() => {
        if (this.events !== events) return;
        this.inGap = false;
        this.update();
      }),
    );
  }

  private update(): void {
    const connected = this.canSend && this.canHear && !this.choked && !this.inGap;
    if (connected === this.connected) return;
    this.connected = connected;
    this.events?.onConnected(connected);
    if (!connected) return;
    this.reported = false;
    this.onFirst?.();
    this.onFirst = undefined;
  }

  private ping(): void {
    this.publisher?.ping();
    this.listener?.ping();
  }
}
