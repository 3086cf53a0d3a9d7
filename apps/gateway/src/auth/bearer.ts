/** RFC 6750 §2.1; the scheme's case does not count (RFC 9110 §11.1). */
const BEARER = /^bearer(?: +(.*))?$/i;

/** The token of an `Authorization` header, '' where it has none; undefined: it is of another scheme, which is not ours to judge. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const found = authorization === undefined ? null : BEARER.exec(authorization);
  return found ? (found[1] ?? '').trim() : undefined;
}
