import { jsonClientCodec, msgpackClientCodec, type ClientCodec } from '#protocol';
import type { Backoff } from './backoff.js';
import type { Timing } from './connection.js';
import type { WebSocketConstructor } from './socket.js';

/** Time as an argument, so that tests run on a virtual one. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

export interface ClientOptions {
  /** What is spoken: `json` (default) or `msgpack`, which is smaller. */
  readonly encoding?: 'json' | 'msgpack';
  /** The WebSocket to use; default: the platform's own, in Node the `ws` package. */
  readonly WebSocket?: WebSocketConstructor;
  /** Waits between connections; default from up to 500 ms to up to 30 s. */
  readonly backoff?: Partial<Backoff>;
  /** Whether to go on trying when the very first connection fails; default true. */
  readonly retryFirst?: boolean;
  /** Messages that may wait to be accepted; `send` fails above it. Default 1,000. */
  readonly maxPending?: number;
  /** Messages that may wait in a `messages()` stream; default 10,000. */
  readonly maxUnread?: number;
  /** For the WebSocket to open, ms; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** For the answer to a registration, ms; default 10,000. */
  readonly registerTimeoutMs?: number;
  /** For any frame after a ping, ms; default 10,000, at most one heartbeat interval. */
  readonly pongTimeoutMs?: number;
  /** For the server's half of an orderly close, ms; default 2,000. */
  readonly closeTimeoutMs?: number;
  readonly clock?: Clock;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

export interface Settings {
  readonly codec: ClientCodec;
  readonly WebSocket?: WebSocketConstructor;
  readonly timing: Timing;
  readonly maxPending: number;
  readonly maxUnread: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Unlike a server's timers these keep a process alive: whoever waits for a connection wants it. */
const wallClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

export function settle(options: ClientOptions): Settings {
  return {
    codec: options.encoding === 'msgpack' ? msgpackClientCodec : jsonClientCodec,
    WebSocket: options.WebSocket,
    timing: {
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      registerTimeoutMs: options.registerTimeoutMs ?? 10_000,
      pongTimeoutMs: options.pongTimeoutMs ?? 10_000,
      closeTimeoutMs: options.closeTimeoutMs ?? 2_000,
      stableMs: 5_000,
      backoff: { baseMs: 500, maxMs: 30_000, ...options.backoff },
      retryFirst: options.retryFirst ?? true,
    },
    maxPending: options.maxPending ?? 1_000,
    maxUnread: options.maxUnread ?? 10_000,
    clock: options.clock ?? wallClock,
    random: options.random ?? Math.random,
  };
}
