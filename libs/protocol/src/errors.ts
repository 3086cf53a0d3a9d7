import type { Ref } from './commands.js';

/** The one table of error codes (PROTOCOL.md §5). `temporary`: the same command may succeed later. */
export const ERRORS = {
  WS_INVALID_MESSAGE: { text: 'Invalid message format', temporary: false },
  WS_INVALID_PAYLOAD: { text: 'Invalid payload', temporary: false },
  WS_NOT_AUTHENTICATED: { text: 'Not registered', temporary: false },
  WS_AUTH_FAILED: { text: 'Authentication failed', temporary: false },
  WS_FORBIDDEN: { text: 'Forbidden', temporary: false },
  WS_USER_NOT_FOUND: { text: 'User not found', temporary: false },
  WS_RATE_LIMITED: { text: 'Too many requests', temporary: true },
  WS_UNAVAILABLE: { text: 'Temporarily unavailable', temporary: true },
  WS_INTERNAL_ERROR: { text: 'Internal error', temporary: false },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** Fixed texts that go with a code besides its own (PROTOCOL.md §5). */
export const TEXTS = {
  unknownType: 'Unknown message type',
  userIdRequired: 'UserID is required for registration',
  recipientRequired: 'Recipient is required',
  registerFailed: 'Failed to register',
  sendFailed: 'Failed to send message',
  notMember: 'Not a member of the conversation',
} as const;

export interface ProtocolErrorOptions extends ErrorOptions {
  /** Of the command that failed, where the thrower knows more than its caller: a frame that could not be decoded whole. */
  readonly ref?: Ref;
  /** Likewise its type. */
  readonly command?: string;
}

/** What a handler throws to answer a command with an error; everything else thrown is `WS_INTERNAL_ERROR`. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly ref?: Ref;
  readonly command?: string;

  constructor(
    readonly code: ErrorCode,
    text: string = ERRORS[code].text,
    readonly retryAfterMs?: number,
    options: ProtocolErrorOptions = {},
  ) {
    super(text, options);
    this.ref = options.ref;
    this.command = options.command;
  }
}
