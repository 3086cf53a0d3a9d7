import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { eventually } from '#testing';
import { closeOf, encode, parse, type ClientFrame, type ServerFrame } from './raw-frames.js';

/** An HTTP answer as it came. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** What came with the head, and all that followed it. */
  rest: Buffer;
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The fields of a good opening handshake; `undefined` leaves one out, a name of another case adds one. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** An opening handshake as text (RFC 6455 §4.1). */
export function request(fields: Fields = {}, line = 'GET /ws HTTP/1.1'): string {
  const all: Fields = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...fields,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return [line, ...given.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

/** What a server must answer a key with (RFC 6455 §4.2.2). */
export const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** A TCP client that knows of WebSockets what this folder says and nothing more: it may break any rule. */
export class RawPeer {
  readonly frames: ServerFrame[] = [];
  answer: Answer | undefined;
  /** The server has ended its side, or the connection is gone. */
  ended = false;
  private received: Buffer = Buffer.alloc(0);
  private taken = 0;

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('end', () => (this.ended = true));
    socket.on('close', () => (this.ended = true));
    // A reset by the server is an end like any other; writes after it are the test's doing.
    socket.on('error', () => undefined);
  }

  static async dial(port: number): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
    return new RawPeer(socket);
  }

  /** Dials and completes the opening handshake; throws when it is refused. */
  static async open(port: number, fields: Fields = {}): Promise<RawPeer> {
    const peer = await RawPeer.dial(port);
    const answer = await peer.handshake(request(fields));
    if (answer.status !== 101) throw new Error(`refused: ${answer.status} ${answer.rest.toString()}`);
    return peer;
  }

  /** Sends a request and waits for the head of its answer. */
  async handshake(text: string): Promise<Answer> {
    this.socket.write(text);
    return eventually(() => {
      if (!this.answer) throw new Error(this.ended ? 'ended without an answer' : 'no answer');
      return this.answer;
    });
  }

  /** Sends one frame; `chop`: in writes of so many bytes. */
  send(frame: ClientFrame, chop?: number): void {
    this.write(encode(frame), chop);
  }

  write(bytes: Buffer, chop = bytes.length): void {
    for (let from = 0; from < bytes.length; from += chop) this.socket.write(bytes.subarray(from, from + chop));
  }

  /** The next frame that was not taken yet. */
  async next(timeoutMs = 10_000): Promise<ServerFrame> {
    return eventually(
      () => {
        const frame = this.frames[this.taken];
        if (!frame) throw new Error(`no further frame${this.ended ? ': ended' : ''} after ${this.frames.length}`);
        this.taken++;
        return frame;
      },
      { timeoutMs, everyMs: 1 },
    );
  }

  /** Waits until the server has ended the connection; the code of its close frame, if it sent one. */
  async closed(timeoutMs = 10_000): Promise<{ readonly code: number | undefined; readonly reason: string }> {
    await eventually(
      () => {
        if (!this.ended) throw new Error(`still open after ${this.frames.length} frames`);
      },
      { timeoutMs },
    );
    return closeOf(this.frames.at(-1));
  }

  destroy(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    if (!this.answer) this.takeHead();
    if (this.answer?.status === 101) this.takeFrames();
    else if (this.answer) this.answer.rest = this.received;
  }

  private takeHead(): void {
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [line = '', ...lines] = this.received.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map(lines.map((text) => split(text)));
    this.received = this.received.subarray(end + 4);
    this.answer = { status: Number(line.split(' ')[1]), headers, rest: this.received };
  }

  private takeFrames(): void {
    for (;;) {
      const parsed = parse(this.received);
      if (!parsed) return;
      this.frames.push(parsed.frame);
      this.received = this.received.subarray(parsed.length);
    }
  }
}

function split(header: string): [string, string] {
  const colon = header.indexOf(':');
  return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
}

/** A key that no other connection has. */
export const freshKey = (): string => randomBytes(16).toString('base64');
