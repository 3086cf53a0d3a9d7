/**
 * What names may look like (PROTOCOL.md §2), as pure functions for whoever checks input: the gateway's DTOs, the SDK, the CLI.
 * Lengths count characters (code points), so a name of 128 emoji is as good as one of 128 letters.
 */
export const IDENTIFIER_MAX = 128;
export const IDEMPOTENCY_KEY_MAX = 64;
export const REF_MAX = 64;

export const IDENTIFIER_RULE = `must be 1 to ${IDENTIFIER_MAX} characters without control characters`;
export const IDEMPOTENCY_KEY_RULE = `must be a string of 1 to ${IDEMPOTENCY_KEY_MAX} characters`;
export const REF_RULE = `must be a string of at most ${REF_MAX} characters or a number below 2^53`;
export const CURSOR_RULE = 'must be an integer from 0 to 2^53 - 1';

/** Lone surrogates are no characters: encoded as UTF-8 they all become U+FFFD, so that two names would be one. */
const CONTROL_OR_BROKEN = /[\p{Cc}\p{Cs}]/u;
const BROKEN = /\p{Cs}/u;

/** A user, conversation or device. */
export const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && fits(value, 1, IDENTIFIER_MAX) && !CONTROL_OR_BROKEN.test(value);

/** The sender's own message id (`id`). */
export const isIdempotencyKey = (value: unknown): value is string =>
  typeof value === 'string' && fits(value, 1, IDEMPOTENCY_KEY_MAX) && !BROKEN.test(value);

/** A number that JSON cannot carry exactly is none: echoed, it would be another. */
export const isRef = (value: unknown): value is string | number =>
  typeof value === 'string' ? fits(value, 0, REF_MAX) : isExact(value);

/** A `messageId` to read after; 0 asks for everything (PROTOCOL.md §4.3). */
export const isCursor = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isExact = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** A code point takes one or two UTF-16 units, so most texts need no counting. */
function fits(text: string, min: number, max: number): boolean {
  if (text.length < min || text.length > 2 * max) return false;
  return text.length <= max || Array.from(text).length <= max;
}
