import type { MessageEvent } from '#protocol';
import { connect } from '../index.js';
import type { ClientEvents, ClientOptions, SwitchboardClient } from '../index.js';
import { ScriptedPeer } from './scripted-peer.js';
import type { PeerConnection } from './scripted-peer.js';

const SOON: ClientOptions = { backoff: { baseMs: 1, maxMs: 5 } };

/** A scripted server and the clients that a test makes for it. */
export class Stage {
  private readonly clients: SwitchboardClient[] = [];

  private constructor(public peer: ScriptedPeer) {}

  static async open(): Promise<Stage> {
    return new Stage(await ScriptedPeer.start());
  }

  /** A client that reconnects soon, unless told otherwise. */
  client(options: ClientOptions = {}): SwitchboardClient {
    const client = connect(this.peer.url, { ...SOON, ...options });
    this.clients.push(client);
    return client;
  }

  /** A client that is live, and the server's end of its connection. */
  async live(options: ClientOptions = {}): Promise<{ alice: SwitchboardClient; connection: PeerConnection }> {
    const alice = this.client(options);
    const registered = alice.register('alice');
    const connection = await this.peer.connection();
    connection.registered(await connection.next('register'));
    await registered;
    return { alice, connection };
  }

  /** The connection that the client makes when its last was lost, registered. */
  async back(): Promise<PeerConnection> {
    const connection = await this.peer.connection();
    connection.registered(await connection.next('register'));
    return connection;
  }

  /** The same server again after it was away. */
  async restart(): Promise<void> {
    const { port } = this.peer;
    await this.peer.stop();
    this.peer = await ScriptedPeer.start(port);
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await this.peer.stop();
  }
}

/** All events of one kind from now on. */
export function record<K extends keyof ClientEvents>(from: SwitchboardClient, name: K): ClientEvents[K][] {
  const seen: ClientEvents[K][] = [];
  from.on(name, (event) => seen.push(event));
  return seen;
}

export const ids = (messages: MessageEvent[]): (number | undefined)[] => messages.map((message) => message.messageId);
