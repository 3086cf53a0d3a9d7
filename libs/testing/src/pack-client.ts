import { Packr, Unpackr } from 'msgpackr';
import { WebSocket, type ClientOptions } from 'ws';
import { eventually } from './eventually.js';

export interface PackFrame {
  readonly type: number;
  readonly seq: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

const packr = new Packr({ useRecords: false, variableMapSize: true });
/** `auto`: integers beyond 2^53 come as bigint, others as numbers. The library knows it, its types do not. */
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'auto' as 'bigint' });

/** A client that speaks bare MessagePack frames (PROTOCOL.md §8) and knows nothing of our libraries; keeps all it has received, in order. */
export class PackClient {
  readonly frames: PackFrame[] = [];
  /** Set once closed: the close code. */
  closed: number | undefined;
  private taken = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, binary) => this.frames.push(frameOf(data, binary)));
    socket.on('close', (code) => (this.closed = code));
    socket.on('error', () => undefined);
  }

  static async connect(url: string, options: ClientOptions & { protocols?: string[] } = {}): Promise<PackClient> {
    const { protocols = ['switchboard.msgpack'], ...rest } = options;
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...rest });
    const client = new PackClient(socket);
    await new Promise<void>((done, fail) => socket.once('open', done).once('error', fail));
    return client;
  }

  /** Sends one command; bytes are sent as the payload as they are. */
  send(type: number, seq: number, payload: object | Uint8Array = {}): void {
    const bytes = payload instanceof Uint8Array ? payload : packr.pack(payload);
    this.raw(packr.pack({ type, seq, payload: bytes }));
  }

  /** Sends one binary frame as it is. */
  raw(frame: Uint8Array): void {
    this.socket.send(frame, { binary: true });
  }

  /** The next frame not yet taken; waits for it. */
  async next(timeoutMs = 10_000): Promise<PackFrame> {
    return eventually(
      () => {
        const frame = this.frames[this.taken];
        if (!frame) throw new Error(`no further frame after ${this.frames.length}: ${this.closed ?? 'open'}`);
        this.taken++;
        return frame;
      },
      { timeoutMs, everyMs: 2 },
    );
  }

  /** Sends one command and returns the next frame. */
  async ask(type: number, seq: number, payload?: object | Uint8Array): Promise<PackFrame> {
    this.send(type, seq, payload);
    return this.next();
  }

  /** Closes in an orderly way and waits until it is closed. */
  async close(): Promise<void> {
    this.socket.close(1000);
    await eventually(() => {
      if (this.closed === undefined) throw new Error('still open');
    });
  }

  /** Cuts the connection without a close frame. */
  terminate(): void {
    this.socket.terminate();
  }
}

function frameOf(data: Buffer, binary: boolean): PackFrame {
  if (!binary) throw new Error(`a text frame on a MessagePack connection: ${data.toString()}`);
  const frame = unpackr.unpack(data) as PackFrame & { readonly payload: unknown };
  if (!Buffer.isBuffer(frame.payload)) throw new Error('the payload is not binary');
  return { ...frame, payload: unpackr.unpack(frame.payload) as PackFrame['payload'] };
}
