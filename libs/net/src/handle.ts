import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** What Node gives each write to a socket, and calls when one is done that was not at once. */
export interface WriteRequest {
  readonly constructor: unknown;
  /** Called as the request's own method; looks at `handle` and `callback`. */
  readonly oncomplete: unknown;
  handle?: Handle;
  /** What is written: kept until then. */
  buffer?: Buffer | readonly Buffer[];
  /** −1: no write goes on with it. */
  getAsyncId(): number;
}

/** Of what a socket of `node:net` keeps to itself: without an argument in public, and undone by nobody but who did it. */
export interface Handle {
  readStop(): void;
  readStart(): void;
  /** Reads into `buffer` from here on, and says so to the socket's `onread`. Over TLS it is another matter. */
  useUserBuffer?(buffer: Buffer): void;
  /** Fills in whom it is connected to; 0 where that is known. */
  getpeername?(name: { address?: string }): number;
  /** Both write what the kernel takes now, and what is left when it takes more: `request` is theirs as long as something is left. 0, or an error. */
  writeBuffer?(request: WriteRequest, bytes: Buffer): number;
  writev?(request: WriteRequest, pieces: readonly Buffer[], allAreBuffers: true): number;
  /** Bytes that wait for the kernel to take more. */
  readonly writeQueueSize?: number;
}

/** As its `remoteAddress`, which the socket would keep for as long as it lives, 90 bytes of it; asked of the system each time. */
export function peerAddressOf(socket: Socket): string | undefined {
  const handle = handleOf(socket);
  if (!handle?.getpeername) return socket.remoteAddress;
  const name: { address?: string } = {};
  return handle.getpeername(name) === 0 ? name.address : undefined;
}

export const handleOf = (stream: Writable | undefined): Handle | null | undefined =>
  (stream as { readonly _handle?: Handle | null } | undefined)?._handle;
