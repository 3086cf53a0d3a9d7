import type { Redis } from 'ioredis';
import { UnhurriedReading } from '#net';
import { PlainCommand, type Target } from '#redis';
import { connect, end } from './connection.js';
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

/** One connection that listens. */
export class SingleListener implements Listener {
  private readonly client: Redis;

  constructor(to: OneServer, addresses: readonly string[], connecting: Connecting, events: ListenerEvents) {
    const client = connect({ ...connecting, to });
    this.client = client;
    client.on('messageBuffer', (_channel: Buffer, frame: Buffer) => events.onFrame(frame));
    client.on('close', () => events.onTurned(false));
    client.on('ready', () => {
      client.subscribe(...addresses).then(
        () => events.onTurned(client.status === 'ready'),
        // Without its subscriptions the connection is of no use: a new one tries again, after the back-off.
        (error: unknown) => {
          if (client.status !== 'ready') return;
          connecting.onError(error);
          client.disconnect(true);
        },
      );
    });
  }

  ping(): void {
    ping(this.client);
  }

  stop(): Promise<void> {
    return end(this.client);
  }
}
