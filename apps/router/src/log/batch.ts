import type { SendReply, SendRequest } from '#contract';
import type { NewEntry } from '#engine';

/** What a send holds, as far as batching and storing are concerned. */
export interface Sendable {
  readonly data: Pick<SendRequest, 'from' | 'id' | 'body' | 'ephemeral'>;
}

/** A send that somebody waits for. */
export interface Sent extends Sendable {
  reply(reply: SendReply): void;
  fail(code: string, message: string, retryAfterMs?: number): void;
}

/** Bounds of one engine call, and with it of one packet to a gateway. */
export interface BatchLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** A turn's worth that neither holds the engine up nor makes a frame that a carrier would choke on. */
export const BATCH_LIMITS: BatchLimits = { entries: 500, bytes: 1024 * 1024 };

/** Where the batch that starts at `from` ends (exclusive). Never empty: one message above the limit goes alone. */
export function batchEnd(sends: readonly Sendable[], from: number, limits: BatchLimits = BATCH_LIMITS): number {
  const last = Math.min(sends.length, from + limits.entries);
  let bytes = 0;
  let end = from;
  while (end < last) {
    bytes += sends[end]?.data.body.byteLength ?? 0;
    if (bytes > limits.bytes && end > from) break;
    end += 1;
  }
  return end;
}

/** What some sends weigh. */
export function bytesOf(sends: readonly Sendable[]): number {
  let bytes = 0;
  for (const { data } of sends) bytes += data.body.byteLength;
  return bytes;
}

/** The same bytes as a Buffer; nothing is copied. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function newEntry({ from: author, id, body }: Sendable['data']): NewEntry {
  const bytes = asBuffer(body);
  return id === undefined ? { body: bytes, author } : { body: bytes, author, idempotency: { sender: author, id } };
}

/** What of a batch is to be stored, in order: all but the ephemeral ones. */
export function storable(batch: readonly Sendable[]): NewEntry[] {
  const entries: NewEntry[] = [];
  for (const { data } of batch) if (!data.ephemeral) entries.push(newEntry(data));
  return entries;
}
