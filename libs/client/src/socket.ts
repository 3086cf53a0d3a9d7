import { ABNORMAL } from './ending.js';

/** What the WebSocket of browsers and of Node and the one of the `ws` package have in common. */
export interface WebSocketLike {
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  binaryType: string;
  /** Only in `ws`: cuts the connection without a handshake. */
  terminate?(): void;
  /** Only in `ws`: the server's HTTP answer to an upgrade that it refused. */
  on?(event: 'unexpected-response', listener: (request: Abortable, response: HttpAnswer) => void): unknown;
}

interface Abortable {
  destroy(): unknown;
}

interface HttpAnswer {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface SocketHandlers {
  opened(): void;
  frame(data: unknown): void;
  /** Once, however the connection ended or failed to begin. */
  dropped(code: number, reason: string, retryAfterMs?: number): void;
}

/** In Node the `ws` package, where it is there: unlike the platform's WebSocket it tells why an upgrade was refused. */
export async function platformWebSocket(): Promise<WebSocketConstructor> {
  const node = typeof process === 'object' && process.versions?.node !== undefined;
  if (!node && typeof globalThis.WebSocket === 'function') return globalThis.WebSocket;
  try {
    const { WebSocket } = await import('ws');
    return WebSocket;
  } catch (error) {
    if (typeof globalThis.WebSocket === 'function') return globalThis.WebSocket;
    throw error;
  }
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
    socket.binaryType = 'arraybuffer';
    socket.on?.('unexpected-response', (request, response) => this.refused(request, response));
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

  private refused(request: Abortable, { statusCode, headers }: HttpAnswer): void {
    request.destroy();
    const seconds = Number(headers['retry-after']);
    this.drop(ABNORMAL, `the upgrade was refused: HTTP ${statusCode}`, seconds > 0 ? seconds * 1_000 : undefined);
  }

  private drop(code: number, reason: string, retryAfterMs?: number): void {
    const { handlers } = this;
    this.handlers = undefined;
    handlers?.dropped(code, reason, retryAfterMs);
  }
}

/** Browsers do not tell why a connection failed; `ws` does, in an event before the close. A name with several addresses fails with several errors. */
function reasonOf(event: { readonly message?: unknown; readonly error?: unknown }): string {
  if (event.error instanceof AggregateError) return event.error.errors.map(String).join(', ');
  return typeof event.message === 'string' ? event.message : '';
}
