import { connect, type Socket } from 'node:net';
import { OPCODE } from '../../../conformance/raw-frames.js';
import { clientFrame, FrameReader } from './frames.js';

/** What a socket tells. */
export interface SocketEvents {
  /** A whole message. */
  onMessage(payload: Buffer): void;
  /** Once, at the end; `code` as the server gave it, 1006 if it gave none. */
  onClose(code: number): void;
}

const HEAD_END = '\r\n\r\n';
const ABNORMAL = 1006;

/**
 * A WebSocket client of little cost: the generator shares two cores with the servers it measures, and one slower than they are hands them their work in
 * trickles (clients of `ws` connect at 2,100 a second here, these at 8,000). It checks neither the server's key nor its frames.
 */
export class LeanSocket {
  private readonly frames = new FrameReader((opcode, payload) => this.take(opcode, payload));
  private head: Buffer | undefined = Buffer.alloc(0);
  private code = ABNORMAL;

  private constructor(
    private readonly socket: Socket,
    private readonly events: SocketEvents,
    private readonly onOpen: () => void,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => events.onClose(this.code));
  }

  /** Calls `onOpen` once the server has switched protocols; if it does not, `events.onClose` comes instead. */
  static open(url: string, events: SocketEvents, onOpen: () => void): LeanSocket {
    const { host, hostname, port, pathname, search } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${HEAD_END}`,
    );
    return new LeanSocket(socket, events, onOpen);
  }

  send(text: string): void {
    this.socket.write(clientFrame(OPCODE.text, text));
  }

  /** Cuts the connection. */
  terminate(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    if (this.head === undefined) return this.frames.read(chunk);
    this.head = Buffer.concat([this.head, chunk]);
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) return;
    if (this.head.toString('latin1', 9, 12) !== '101') return this.terminate();
    const rest = this.head.subarray(end + HEAD_END.length);
    this.head = undefined;
    this.onOpen();
    this.frames.read(rest);
  }

  private take(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text) return this.events.onMessage(payload);
    if (opcode === OPCODE.ping) return void this.socket.write(clientFrame(OPCODE.pong, payload));
    if (opcode !== OPCODE.close) return;
    if (payload.length >= 2) this.code = payload.readUInt16BE(0);
    this.socket.end(clientFrame(OPCODE.close, payload));
  }
}
