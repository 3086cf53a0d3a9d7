import { REFUSAL } from './roles.js';

/** Why a request was not taken, as it goes over the mesh (`MeshError` 'remote'). With `retryAfterMs` the same request may succeed later. */
export interface Refusal {
  readonly code: (typeof REFUSAL)[keyof typeof REFUSAL];
  readonly message: string;
  /** Absent: trying again does not help. */
  readonly retryAfterMs?: number;
}

/** A mailbox or a memory limit is full: the turn in hand makes room within milliseconds. */
export const OVERLOADED: Refusal = {
  code: REFUSAL.overloaded,
  message: 'Too much waits here already',
  retryAfterMs: 250,
};

/** The engine is away, or this process is stopping. */
export const UNAVAILABLE: Refusal = { code: REFUSAL.unavailable, message: 'The engine is away', retryAfterMs: 1_000 };

export const FORBIDDEN: Refusal = { code: REFUSAL.forbidden, message: 'Not a member' };

export const UNKNOWN_RECIPIENT: Refusal = { code: REFUSAL.unknownRecipient, message: 'Nobody of that name' };

/** What can be refused: a request of the mesh. */
export interface Refusable {
  fail(code: string, message: string, retryAfterMs?: number): void;
}

export const refuse = (request: Refusable, { code, message, retryAfterMs }: Refusal): void =>
  request.fail(code, message, retryAfterMs);
