import { ERRORS } from '#protocol';
import type { ErrorCode } from '#protocol';
import type { Ended } from './connection.js';

export type SendFailure = ErrorCode | 'timeout' | 'closed' | 'queue-full' | 'id-in-use';

/**
 * A message was not accepted. After `timeout` and `closed` it may have been stored all the same: only repeating it with the same `id`
 * is safe (PROTOCOL.md §4.2).
 */
export class SendError extends Error {
  override readonly name = 'SendError';
  constructor(
    readonly code: SendFailure,
    text: string,
    /** Of the message. */
    readonly id: string,
  ) {
    super(text);
  }
}

/** A command other than a message was not carried out. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly code: ErrorCode | 'timeout' | 'closed',
    text: string,
  ) {
    super(text);
  }
}

/** The connection ended for good; `ended` says why. */
export class ConnectionEndedError extends Error {
  override readonly name = 'ConnectionEndedError';
  constructor(readonly ended: Ended) {
    super(ended.reason === '' ? `the connection ended (${ended.code})` : ended.reason);
  }
}

/** The reader of a message stream fell so far behind that messages had to be dropped. */
export class StreamOverflowError extends Error {
  override readonly name = 'StreamOverflowError';
  constructor(limit: number) {
    super(`more than ${limit} messages waited to be read`);
  }
}

/** Whether the same command may succeed later. A code of a newer server, unknown here, is taken as final. */
export const isTemporary = (code: ErrorCode): boolean => ERRORS[code]?.temporary ?? false;
