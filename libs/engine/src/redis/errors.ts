import { EngineUnavailableError } from '../port.js';

/** Replies by which a server says "not now": the data set is away, being loaded, full, or led by another. Anything else it says is a fault of ours. */
const NOT_NOW =
  /^(READONLY|LOADING|OOM|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|MISCONF|MOVED|ASK|NOAUTH|WRONGPASS|NOPERM|UNBLOCKED|ERR max number of clients|ERR DISABLE|(ERR )?Script attempted to access a non local key)/;

/**
 * What a caller is told of a failed command: everything that may pass (connection lost, timed out, not writable) is an
 * `EngineUnavailableError` with its cause; a reply that blames the command itself stays what it is.
 */
export function toEngineError(error: unknown): Error {
  if (error instanceof EngineUnavailableError) return error;
  if (!(error instanceof Error)) return new EngineUnavailableError(String(error));
  if (error.name === 'ReplyError' && !NOT_NOW.test(error.message)) return error;
  return new EngineUnavailableError(`Redis: ${error.message}`, { cause: error });
}

/** The error that a script returned for one of its parts. */
export function toReplyError(message: string): Error {
  return toEngineError(Object.assign(new Error(message), { name: 'ReplyError' }));
}
