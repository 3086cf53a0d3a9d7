import { ABNORMAL } from './ending.js';

/** What the WebSocket of browsers and of Node and the one of the `ws` package have in common. */
export interface WebSocketLike {
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Only in `ws`: cuts the connection without a handshake. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface SocketHandlers {
  opened(): void;
  frame(data: unknown): void;
  /** Once, however the connection ended or failed to begin. */
  dropped(code: number, reason: string): void;
}

/** The platform's WebSocket, else the `ws` package (Node before 22). */
export async function platformWebSocket(): Promise<WebSocketConstructor> {
  if (typeof globalThis.WebSocket === 'function') return globalThis.WebSocket;
  const { WebSocket } = await import('ws');
  return WebSocket;
}

/** One WebSocket, reduced to what the client hears and says. */
export class Socket {
  private error = '';
  private opened = false;
  private handlers?: SocketHandlers;

  constructor(
    private readonly socket: WebSocketLike,
    handlers: SocketHandlers,
  ) {
    this.handlers = handlers;
    socket.addEventListener('open', () => this.open());
    socket.addEventListener('message', (event) => this.handlers?.frame(event.data));
    socket.addEventListener('error', (event) => this.fail(reasonOf(event)));
    socket.addEventListener('close', (event) => this.drop(event.code, event.reason || this.error));
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    this.socket.send(frame);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** Nothing is heard of it any more, neither what is still in its buffers nor its end. */
  abandon(): void {
    this.handlers = undefined;
    if (this.socket.terminate) this.socket.terminate();
    else this.socket.close();
  }

  private open(): void {
    this.opened = true;
    this.handlers?.opened();
  }

  /** A close follows, as the standard has it; but Node's own WebSocket left it out for a long time where a connection never came about. */
  private fail(reason: string): void {
    this.error = reason;
    if (!this.opened) this.drop(ABNORMAL, reason);
  }

  private drop(code: number, reason: string): void {
    const { handlers } = this;
    this.handlers = undefined;
    handlers?.dropped(code, reason);
  }
}

/** Browsers do not tell why a connection failed; `ws` does, in an event before the close. A name with several addresses fails with several errors. */
function reasonOf(event: { readonly message?: unknown; readonly error?: unknown }): string {
  if (event.error instanceof AggregateError) return event.error.errors.map(String).join(', ');
  return typeof event.message === 'string' ? event.message : '';
}
