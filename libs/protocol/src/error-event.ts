import type { Ref } from './commands.js';
import { ERRORS, ProtocolError } from './errors.js';
import type { ErrorEvent } from './events.js';

/**
 * The answer to a command that failed. Anything but a ProtocolError is ours to fix and says no more than "Internal error" (PROTOCOL.md §5).
 * @param ref of the command, where it is known; a ProtocolError thrown while decoding brings it along.
 * @param command its type, likewise.
 */
export function errorEvent(error: unknown, ref?: Ref, command?: string): ErrorEvent {
  if (!(error instanceof ProtocolError)) {
    return { type: 'error', error: ERRORS.WS_INTERNAL_ERROR.text, code: 'WS_INTERNAL_ERROR', ref, command };
  }
  return {
    type: 'error',
    error: error.message,
    code: error.code,
    ref: ref ?? error.ref,
    retryAfterMs: error.retryAfterMs,
    command: command ?? error.command,
  };
}
