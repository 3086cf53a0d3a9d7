import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

type Frame = Record<string, unknown>;

/** Things that come one by one, to be taken now or when they come. */
class Arrivals<T> {
  private readonly come: T[] = [];
  private readonly takers: ((item: T) => void)[] = [];

  add(item: T): void {
    const taker = this.takers.shift();
    if (taker) taker(item);
    else this.come.push(item);
  }

  take(): Promise<T> {
    const item = this.come.shift();
    return item === undefined ? new Promise((resolve) => this.takers.push(resolve)) : Promise.resolve(item);
  }
}

/** The server's end of one connection, spoken by the test: frames come in one by one, and go out as the test says. */
export class PeerConnection {
  readonly closed: Promise<number>;
  private readonly frames = new Arrivals<Frame>();

  constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.frames.add(JSON.parse(data.toString()) as Frame));
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  get subprotocol(): string {
    return this.socket.protocol;
  }

  /** The next frame; it must be of this type. */
  async next(type: string): Promise<Frame> {
    const frame = await this.frames.take();
    if (frame['type'] !== type) throw new Error(`${JSON.stringify(frame)} came, though ${type} should have`);
    return frame;
  }

  say(event: Frame): void {
    this.socket.send(JSON.stringify(event));
  }

  raw(data: string | Buffer): void {
    this.socket.send(data);
  }

  registered({ ref, userId }: Frame, more: Frame = {}): void {
    const heartbeat = { intervalMs: 30_000, timeoutMs: 90_000 };
    const content = 'Successfully registered';
    const fixed = {
      connectionId: 'c1',
      gatewayId: 'gateway-01',
      lastMessageId: 9,
      epoch: 'e1',
      heartbeat,
      resumed: true,
    };
    this.say({ type: 'registered', ref, content, userId, ...fixed, ...more });
  }

  accepted({ ref, id }: Frame, messageId: number, more: Frame = {}): void {
    this.say({ type: 'accepted', ref, messageId, timestamp: 5, id, ...more });
  }

  refuse({ ref }: Frame, code: string, error: string, retryAfterMs?: number): void {
    this.say({ type: 'error', error, code, ref, retryAfterMs });
  }

  /** Any reply to a command. */
  answer({ ref }: Frame, event: Frame): void {
    this.say({ ...event, ref });
  }

  subscribed({ ref, conversation }: Frame, more: Frame = {}): void {
    this.say({ type: 'subscribed', ref, conversation, lastMessageId: 9, epoch: 'c1', resumed: true, ...more });
  }

  message(messageId: number | undefined, more: Frame = {}): void {
    this.say({
      type: 'message',
      from: 'bob',
      content: 'hi',
      to: 'alice',
      messageId,
      kind: 'text',
      timestamp: 5,
      ...more,
    });
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** No close frame: the wire is cut. */
  cut(): void {
    this.socket.terminate();
  }

  /** Reads nothing any more, as a machine that went away. */
  freeze(): void {
    this.socket.pause();
  }
}

/** A real WebSocket server that says what a test tells it to. */
export class ScriptedPeer {
  /** Connections made so far. */
  count = 0;
  private readonly connections = new Arrivals<PeerConnection>();

  /** Upgrades to refuse, with these headers; counted down. */
  private refusing = 0;
  refused = 0;

  private constructor(private readonly server: WebSocketServer) {
    server.on('connection', (socket) => {
      this.count++;
      this.connections.add(new PeerConnection(socket));
    });
  }

  static async start(port = 0): Promise<ScriptedPeer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port,
      verifyClient: (_info, answer) => peer.admit(answer),
    });
    const peer = new ScriptedPeer(server);
    await once(server, 'listening');
    return peer;
  }

  /** The next upgrades are answered with 503 and Retry-After: 2. */
  refuse(upgrades: number): void {
    this.refusing = upgrades;
  }

  private admit(answer: (ok: boolean, code?: number, text?: string, headers?: Record<string, string>) => void): void {
    if (this.refusing === 0) return answer(true);
    this.refusing--;
    this.refused++;
    answer(false, 503, 'draining', { 'Retry-After': '2' });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** How many connections are open now. */
  get open(): number {
    return this.server.clients.size;
  }

  /** The next connection that is made, or was made and not taken yet. */
  connection(): Promise<PeerConnection> {
    return this.connections.take();
  }

  async stop(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
