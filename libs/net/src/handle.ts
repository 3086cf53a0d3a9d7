import type { Writable } from 'node:stream';

/** Of what a socket of `node:net` keeps to itself: without an argument in public, and undone by nobody but who did it. */
export interface Handle {
  readStop(): void;
  readStart(): void;
  /** Reads into `buffer` from here on, and says so to the socket's `onread`. Over TLS it is another matter. */
  useUserBuffer?(buffer: Buffer): void;
}

export const handleOf = (stream: Writable | undefined): Handle | null | undefined =>
  (stream as { readonly _handle?: Handle | null } | undefined)?._handle;
