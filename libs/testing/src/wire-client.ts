import type { Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { eventually } from './eventually.js';

export type Frame = Readonly<Record<string, unknown>>;

/** A client that speaks bare frames and knows nothing of our libraries; keeps all it has received, in order. */
export class WireClient {
  readonly frames: Frame[] = [];
  /** Set once closed: the close code and reason. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  private taken = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as Frame));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  static async connect(url: string, options: ClientOptions & { protocols?: string[] } = {}): Promise<WireClient> {
    const { protocols = [], ...rest } = options;
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...rest });
    const client = new WireClient(socket);
    await new Promise<void>((done, fail) => socket.once('open', done).once('error', fail));
    return client;
  }

  /** Sends one JSON frame (a string is sent as it is). */
  send(frame: Frame | string): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Sends frames in one write: the server reads them at once, however busy the machine is. */
  sendAtOnce(frames: readonly Frame[]): void {
    const { _socket: raw } = this.socket as unknown as { readonly _socket: Socket };
    raw.cork();
    for (const frame of frames) this.send(frame);
    raw.uncork();
  }

  /** The next frame not yet taken; waits for it. */
  async next(timeoutMs = 10_000): Promise<Frame> {
    return eventually(
      () => {
        const frame = this.frames[this.taken];
        if (!frame) throw new Error(`no further frame after ${JSON.stringify(this.frames.slice(-3))}`);
        this.taken++;
        return frame;
      },
      { timeoutMs, everyMs: 2 },
    );
  }

  /** Frames of one type received so far. */
  ofType(type: string): Frame[] {
    return this.frames.filter((frame) => frame['type'] === type);
  }

  /** Registers and returns the `registered` (or `error`) frame. */
  async register(userId: string, fields: Frame = {}): Promise<Frame> {
    this.send({ type: 'register', userId, ...fields });
    return this.next();
  }

  /** Closes in an orderly way and waits until it is closed. */
  async close(code = 1000): Promise<void> {
    this.socket.close(code);
    await eventually(() => {
      if (!this.closed) throw new Error('still open');
    });
  }

  /** Cuts the connection without a close frame. */
  terminate(): void {
    this.socket.terminate();
  }
}
