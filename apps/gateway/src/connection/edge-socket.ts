import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, type RawData } from 'ws';

/** Whoever owns a socket. */
export interface SocketOwner {
  onFrame(frame: Buffer, binary: boolean): void;
  /** A protocol-level pong. */
  onPong(): void;
  /** Closed, whoever began it. The code is that of the peer's close frame; 1006: there was none. */
  onClose(code: number): void;
  /** The socket is going down: the peer broke RFC 6455, or the transport failed. `code`: what it amounts to. */
  onError(code: number, error: Error): void;
}

/** A WebSocket with its owner as a field: its listeners are the same few functions for all sockets, not closures of each. */
export class EdgeSocket extends WebSocket {
  owner: SocketOwner | undefined;
  /** The stream below. Data frames are written to it directly, see Outbound. */
  raw!: Duplex;

  /** Makes `owner` hear of what happens. */
  attach(owner: SocketOwner): void {
    this.owner = owner;
    this.on('message', onMessage).on('pong', onPong).on('close', onClose).on('error', onError);
  }
}

export type RawSocket = Socket;

function onMessage(this: WebSocket, data: RawData, binary: boolean): void {
  // `binaryType` is the library's default, nodebuffer: one Buffer, fragmented or not.
  (this as EdgeSocket).owner?.onFrame(data as Buffer, binary);
}

function onPong(this: WebSocket): void {
  (this as EdgeSocket).owner?.onPong();
}

function onClose(this: WebSocket, code: number): void {
  (this as EdgeSocket).owner?.onClose(code);
}

function onError(this: WebSocket, error: Error): void {
  (this as EdgeSocket).owner?.onError(closeCodeOf(error), error);
}

/** The close code that the library answers a broken frame with; 1006 where the transport failed. */
function closeCodeOf(error: NodeJS.ErrnoException): number {
  switch (error.code) {
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
      return 1009;
    case 'WS_ERR_INVALID_UTF8':
      return 1007;
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return 1008;
    default:
      return error.code?.startsWith('WS_ERR_') ? 1002 : 1006;
  }
}
