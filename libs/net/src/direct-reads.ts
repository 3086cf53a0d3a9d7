import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** What a socket calls, as its own method, with what it has read: so many bytes at the beginning of `buffer`. `false`: read no more for now. */
type OnRead = (this: Socket, length: number, buffer: Buffer) => boolean;

/** Of what a socket of `node:net` keeps to itself. */
interface Handle {
  useUserBuffer?: (buffer: Buffer) => void;
}

/** All sockets read into it, one after the other: nobody may keep it beyond the call that it is given by. */
const SHARED = Buffer.allocUnsafeSlow(65_536);

const ownOf = (socket: Socket): Record<symbol, unknown> => socket as unknown as Record<symbol, unknown>;

/** Where sockets keep the two parts of `onread`, which only who makes a socket may give it in public; found by looking where they are then. */
const KEYS = keysOfOnread();

/** A reader that hands on a copy. One does for any number of sockets. */
export const readerOf = (take: (socket: Socket, bytes: Buffer) => void): OnRead =>
  function (length, buffer) {
    take(this, copyOf(buffer, length));
    return true;
  };

const toStream: OnRead = function (length, buffer) {
  return this.push(copyOf(buffer, length));
};

const toListeners = readerOf((socket, bytes) => socket.emit('data', bytes));

/**
 * From here on what a socket reads goes to `reader`, past the stream: without a buffer of 64 KB cut down to what has come, the stream's own
 * bookkeeping and a tick for each read (see docs/decisions/direct-reads.md). `pause`, `resume` and the end are the socket's as ever.
 *
 * Returns false where that cannot be, and has done nothing then: over TLS, or where Node keeps these things otherwise.
 */
export function readDirectly(socket: Socket, reader: OnRead): boolean {
  const { _handle: handle } = socket as { readonly _handle?: Handle | null };
  if (!KEYS || socket instanceof TLSSocket || !handle?.useUserBuffer) return false;
  handle.useUserBuffer(SHARED);
  const own = ownOf(socket);
  own[KEYS.buffer] = SHARED;
  own[KEYS.reader] = reader;
  return true;
}

/** What a socket reads goes to its stream from here on, as it would have without `readDirectly`. */
export function readByStream(socket: Socket): void {
  if (isDirect(socket)) ownOf(socket)[KEYS!.reader] = toStream;
}

/**
 * What a socket reads is emitted as `data` from here on, to listeners that are there or about to come. Where something waits in the stream for them, it
 * and all that follows goes by the stream, as it does where `readDirectly` cannot be.
 */
export function readToListeners(socket: Duplex): void {
  if (!(socket instanceof Socket) || socket.readableLength > 0) return;
  if (isDirect(socket)) ownOf(socket)[KEYS!.reader] = toListeners;
  else if (!readDirectly(socket, toListeners)) return;
  // Flowing already, it needs no tick to begin.
  Object.assign(socket, { readableFlowing: true });
}

const isDirect = (socket: Socket): boolean => KEYS !== undefined && ownOf(socket)[KEYS.buffer] === SHARED;

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
