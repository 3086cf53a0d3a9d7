import type { Dialect } from './dialect.js';
import { LeanSocket, type SocketEvents } from './lean-socket.js';

/** What hears of a client's frames. */
export interface Listener {
  onMessage(client: Client, frame: Buffer): void;
  onAccepted(client: Client): void;
}

/** A client to be: the `index`-th of its group. */
export interface Who {
  readonly url: string;
  readonly userId: string;
  readonly index: number;
  readonly room?: string | undefined;
}

/** What becomes of a client that is to arrive. */
interface Arrival {
  done(client: Client): void;
  fail(error: Error): void;
}

/** One client under load. */
export class Client implements SocketEvents {
  readonly index: number;
  private readonly room: string | undefined;
  private readonly socket: LeanSocket;
  private sent = 0;
  private toEnter = 0;
  private onEnd: (() => void) | undefined;

  private constructor(
    { url, userId, index, room }: Who,
    private readonly dialect: Dialect,
    public listener: Listener,
    private readonly arrival: Arrival,
  ) {
    this.index = index;
    this.room = room;
    this.socket = LeanSocket.open(url, this, () => this.socket.send(dialect.greeting(userId)));
  }

  /** Connects, says who it is, and enters its room where the server has rooms to enter. */
  static open(who: Who, dialect: Dialect, listener: Listener): Promise<Client> {
    return new Promise((done, fail) => new Client(who, dialect, listener, { done, fail }));
  }

  /** Cuts the connection. */
  async end(): Promise<void> {
    const ended = new Promise<void>((done) => (this.onEnd = done));
    this.socket.terminate();
    await ended;
  }

  send(to: string, content: string, extra: string): void {
    this.socket.send(this.dialect.message(this.sent++, to, content, extra));
  }

  ping(): void {
    this.socket.send(this.dialect.ping);
  }

  onMessage(frame: Buffer): void {
    const { socket, dialect } = this;
    switch (dialect.kindOf(frame)) {
      case 'message':
        return this.listener.onMessage(this, frame);
      case 'accepted':
        return this.listener.onAccepted(this);
      case 'ping':
        return socket.send(dialect.ping);
      case 'ready':
        return this.enter();
      case 'entered':
        if (--this.toEnter === 0) this.arrival.done(this);
    }
  }

  onClose(code: number): void {
    this.onEnd?.();
    this.arrival.fail(new Error(`client ${this.index} was closed with ${code}`));
  }

  private enter(): void {
    const { dialect, room } = this;
    const frames = room === undefined ? [] : (dialect.enter?.(room) ?? []);
    this.toEnter = frames.length;
    if (frames.length === 0) return this.arrival.done(this);
    for (const frame of frames) this.socket.send(frame);
  }
}
