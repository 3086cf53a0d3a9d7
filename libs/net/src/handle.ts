import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** Of what a socket of `node:net` keeps to itself: without an argument in public, and undone by nobody but who did it. */
export interface Handle {
  readStop(): void;
  readStart(): void;
  /** Reads into `buffer` from here on, and says so to the socket's `onread`. Over TLS it is another matter. */
  useUserBuffer?(buffer: Buffer): void;
  /** Fills in whom it is connected to; 0 where that is known. */
  getpeername?(name: { address?: string }): number;
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
