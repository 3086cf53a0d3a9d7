import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { handleOf } from './handle.js';

/** What a socket calls, as its own method, with what it has read: so many bytes at the beginning of `buffer`. `false`: read no more for now. */
type OnRead = (this: Socket, length: number, buffer: Buffer) => boolean;

/** All sockets read into it, one after the other: nobody may keep it beyond the call that it is given by. */
const SHARED = Buffer.allocUnsafeSlow(65_536);

const ownOf = (socket: Socket): Record<symbol, unknown> => socket as unknown as Record<symbol, unknown>;

/** Where sockets keep the two parts of `onread`, which only who makes a socket may give it in public; found by looking where they are then. */
const KEYS = keysOfOnread();

const toStream: OnRead = function (length, buffer) {
  return this.push(copyOf(buffer, length));
};

const toListeners: OnRead = function (length, buffer) {
  this.emit('data', copyOf(buffer, length));
  return true;
};

/**
 * What a socket reads is emitted as `data` from here on, to listeners that are there or about to come, past the stream: without a buffer of 64 KB cut down
 * to what has come, the stream's own bookkeeping and a tick for each read (see docs/decisions/direct-reads.md). Each listener gets a copy that is its own;
 * `pause`, `resume` and the end are the socket's as ever.
 *
 * Returns false where it cannot be, and has done nothing then: where something waits in the stream for the listeners, over TLS, or where Node keeps these
 * things otherwise. All goes by the stream then.
 */
export function readToListeners(socket: Duplex): boolean {
  if (!KEYS || !(socket instanceof Socket) || socket instanceof TLSSocket || socket.readableLength > 0) return false;
  const own = ownOf(socket);
  if (own[KEYS.buffer] !== SHARED) {
    const handle = handleOf(socket);
    if (!handle?.useUserBuffer) return false;
    handle.useUserBuffer(SHARED);
    own[KEYS.buffer] = SHARED;
  }
  own[KEYS.reader] = toListeners;
  // Flowing already, it needs no tick to begin.
  Object.assign(socket, { readableFlowing: true });
  return true;
}

/** What a socket reads goes to its stream from here on, as it would have without `readToListeners`. */
export function readByStream(socket: Socket): void {
  if (!KEYS) return;
  const own = ownOf(socket);
  if (own[KEYS.buffer] === SHARED) own[KEYS.reader] = toStream;
}

function copyOf(buffer: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  buffer.copy(copy, 0, 0, length);
  return copy;
}

function keysOfOnread(): { readonly buffer: symbol; readonly reader: symbol } | undefined {
  const onread = { buffer: SHARED, callback: () => true };
  // The types of the constructor lag behind.
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread };
  const probe = new Socket(options);
  const own = ownOf(probe);
  const keyOf = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find((key) => own[key] === value);
  const [buffer, reader] = [keyOf(onread.buffer), keyOf(onread.callback)];
  probe.destroy();
  return buffer && reader && { buffer, reader };
}
