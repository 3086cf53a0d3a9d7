import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Dialect } from './dialect.js';

/** What hears of a client's frames. */
export interface Listener {
  onMessage(client: Client, frame: Buffer): void;
  onAccepted(client: Client): void;
}

/** One client under load. */
export class Client {
  private sent = 0;
  private toEnter = 0;
  private readonly arrived: Promise<void>;

  private constructor(
    readonly socket: WebSocket,
    readonly index: number,
    private readonly dialect: Dialect,
    public listener: Listener,
    private readonly room: string | undefined,
  ) {
    this.arrived = new Promise((done, fail) => {
      socket.on('message', (frame: Buffer) => this.hear(frame, done));
      socket.once('close', (code: number) => fail(new Error(`client ${index} was closed with ${code}`)));
    });
    this.arrived.catch(() => undefined);
  }

  /** Connects, says who it is, and enters `room` where the server has rooms to enter. */
  static async open(
    { url, userId, index, room }: { url: string; userId: string; index: number; room?: string | undefined },
    dialect: Dialect,
    listener: Listener,
  ): Promise<Client> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new Client(socket, index, dialect, listener, room);
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send(dialect.greeting(userId));
    await client.arrived;
    return client;
  }

  send(to: string, content: string, extra: string): void {
    this.socket.send(this.dialect.message(this.sent++, to, content, extra));
  }

  ping(): void {
    this.socket.send(this.dialect.ping);
  }

  private hear(frame: Buffer, done: () => void): void {
    const { socket, dialect } = this;
    switch (dialect.kindOf(frame)) {
      case 'message':
        return this.listener.onMessage(this, frame);
      case 'accepted':
        return this.listener.onAccepted(this);
      case 'ping':
        return socket.send(dialect.ping);
      case 'ready':
        return this.enter(done);
      case 'entered':
        if (--this.toEnter === 0) done();
    }
  }

  private enter(done: () => void): void {
    const { dialect, room } = this;
    const frames = room === undefined ? [] : (dialect.enter?.(room) ?? []);
    this.toEnter = frames.length;
    if (frames.length === 0) return done();
    for (const frame of frames) this.socket.send(frame);
  }
}
