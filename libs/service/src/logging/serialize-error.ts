import { stdSerializers } from 'pino';

/** An error as it is logged. */
export interface LoggedError {
  readonly type: string;
  /** With the messages of its causes. */
  readonly message: string;
  readonly stack: string;
  readonly code?: string;
}

/**
 * What an error says, and nothing that it carries: an ioredis error has the whole command with its arguments, message bodies and the password of
 * AUTH among them.
 */
export function serializeError(error: Error): LoggedError {
  const { type, message, stack } = stdSerializers.err(error);
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? { type, message, stack, code } : { type, message, stack };
}
