import { ProtocolError } from '#protocol';

/** The issuer's keys cannot be had, so nothing is known of a token. */
export class KeysAwayError extends Error {
  override readonly name = 'KeysAwayError';

  constructor(
    /** When the issuer is asked again. */
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super('the keys of the token issuer cannot be fetched', options);
  }
}

/** Why a token does not hold: for the log at `debug`, never for the client. Never holds the token. */
class BadTokenError extends Error {
  override readonly name = 'BadTokenError';
}

/** The client learns no more than that (PROTOCOL.md §5). */
export const authFailed = (reason: string): ProtocolError =>
  new ProtocolError('WS_AUTH_FAILED', undefined, undefined, { cause: new BadTokenError(reason) });

/** Nobody is to blame: the client may try again. */
export const authUnavailable = (cause: KeysAwayError): ProtocolError =>
  new ProtocolError('WS_UNAVAILABLE', undefined, cause.retryAfterMs, { cause });
