/** Decimal integers as nobody writes them twice: no leading zeros, no "+5", no "-0". */
const DECIMAL = /^(?:0|-?[1-9][0-9]{0,18})$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * The integer that a user id travels as (PROTOCOL.md §8): one within int64, whose decimal text it is; a bigint only where a number is not exact.
 * Otherwise undefined: it travels as text.
 */
export function int64Of(userId: string): number | bigint | undefined {
  if (!mayBeNumber(userId) || !DECIMAL.test(userId)) return undefined;
  const number = Number(userId);
  if (Number.isSafeInteger(number)) return number;
  const value = BigInt(userId);
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

/** Most user ids are no numbers, and their first character says so. */
function mayBeNumber(userId: string): boolean {
  const first = userId.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || first === 0x2d;
}
