import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** Whoever owns a socket. */
export interface SocketOwner {
  onFrame(frame: Buffer, binary: boolean): void;
  /** A protocol-level pong. */
  onPong(): void;
  /** A protocol-level ping; the library has answered it. */
  onPing?(): void;
  /** A close frame is about to be written, whoever began it: what waits must leave before it, and nothing after it (RFC 6455 §5.5.1). */
  onClosing(): void;
  /** Closed, whoever began it. The code is that of the peer's close frame; 1006: there was none. */
  onClose(code: number): void;
  /** The socket is going down: the peer broke RFC 6455, or the transport failed. `code`: what it amounts to. */
  onError(code: number, error: Error): void;
}

/** What an idle connection need not keep, and its library and Node do: both make it anew where it is not there. */
interface Idle {
  /** Of the library's receiver: the last frame's mask, a view of all the bytes that came with it. */
  readonly _receiver?: { _mask?: Buffer | undefined };
  /** Node's table of listeners. */
  _events: unknown;
}

/**
 * A WebSocket that tells its owner directly what happens: a table of listeners would cost 250 bytes a connection. Other listeners work as ever
 * until there is an owner.
 */
export class EdgeSocket extends WebSocket {
  /** The stream below. Data frames are written to it directly, see Outbound. */
  raw!: Duplex;
  private owner: SocketOwner | undefined = undefined;

  /** From here on `owner` is told what happens. */
  belongTo(owner: SocketOwner): void {
    this.owner = owner;
    if (this.eventNames().length === 0) this.idle._events = undefined;
  }

  /** The library closes by this too: to answer a close frame, and where the peer broke a rule. */
  override close(code?: number, reason?: string | Buffer): void {
    this.owner?.onClosing();
    super.close(code, reason);
  }

  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const { owner } = this;
    if (!owner) return super.emit(event, first, second);
    const { _receiver: receiver } = this.idle;
    if (receiver) receiver._mask = undefined;
    switch (event) {
      case 'message':
        // `binaryType` is the library's default, nodebuffer: one Buffer, fragmented or not.
        owner.onFrame(first as Buffer, second as boolean);
        break;
      case 'pong':
        owner.onPong();
        break;
      case 'ping':
        owner.onPing?.();
        break;
      case 'close':
        owner.onClose(first as number);
        break;
      case 'error':
        owner.onError(closeCodeOf(first as Error), first as Error);
        break;
    }
    return true;
  }

  private get idle(): Idle {
    return this as unknown as Idle;
  }
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
