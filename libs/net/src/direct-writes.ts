import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { handleOf, type WriteRequest } from './handle.js';

/** Nothing was written: it has to go by the stream. */
export const BY_STREAM = -1;

/** The id of a request that no write goes on with. */
const NOT_UNDER_WAY = -1;

/** Makes a request as Node's streams do, which alone are given them in public; found by looking at what one of them hands on. */
const makeRequest = makerOfRequests();

/** What the next write is given. As long as writes are done when their call returns, they leave it as it is, and one will do for all of them. */
let spare = makeRequest?.();

/** Whether `writeNow` can do anything for it: a socket of `node:net`, not over TLS, in a Node that keeps these things as expected. */
export const writesDirectly = (stream: Writable): boolean =>
  makeRequest !== undefined && stream instanceof Socket && !(stream instanceof TLSSocket);

/**
 * Hands bytes (several pieces: one behind the other, in one system call) to the kernel past the stream, whose bookkeeping costs a tenth of a write (see
 * docs/decisions/direct-writes.md). Only for what `writesDirectly`. The bytes must not change until they have left.
 *
 * @returns how many bytes the kernel did not take: Node keeps those, and they leave before all that is written later, by the stream too, which does
 * not count them. `BY_STREAM`: where something waits in the stream, or the socket is not open; then the stream says what is wrong.
 */
export function writeNow(socket: Writable, bytes: Buffer | readonly Buffer[]): number {
  if (!spare || socket.writableLength > 0 || !socket.writable) return BY_STREAM;
  const handle = handleOf(socket);
  if (!handle?.writeBuffer || !handle.writev) return BY_STREAM;
  // It is known before anything is written: this end, or the connection, is no more.
  const error = Array.isArray(bytes) ? handle.writev(spare, bytes, true) : handle.writeBuffer(spare, bytes as Buffer);
  if (error !== 0) return BY_STREAM;
  if (spare.getAsyncId() === NOT_UNDER_WAY) return 0;
  // From here on the request is the write's own, and keeps its bytes.
  spare.handle = handle;
  spare.buffer = bytes;
  spare = makeRequest?.();
  return handle.writeQueueSize ?? 0;
}

function makerOfRequests(): (() => WriteRequest) | undefined {
  const seen = requestOfStream();
  if (!seen) return undefined;
  const Request = seen.constructor as new () => WriteRequest;
  // A socket's own answer: where the write fails, the socket is destroyed.
  const { oncomplete } = seen;
  const make = (): WriteRequest => Object.assign(new Request(), { oncomplete, callback: undefined });
  return make().getAsyncId() === NOT_UNDER_WAY ? make : undefined;
}

function requestOfStream(): WriteRequest | undefined {
  let seen: WriteRequest | undefined;
  const handle = {
    writeBuffer: (request: WriteRequest) => {
      seen = request;
      return 0;
    },
    close: () => undefined,
  };
  // The types of the constructor lag behind.
  const options: SocketConstructorOpts & { readonly handle: object } = { handle, readable: false, writable: true };
  const probe = new Socket(options).on('error', () => undefined);
  probe.write(Buffer.of(0));
  probe.destroy();
  return seen;
}
