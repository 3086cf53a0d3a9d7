import { decodeProtectedHeader, errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import { ProtocolError } from '#protocol';
import { KeysAwayError, authFailed, authUnavailable } from './failures.js';
import type { TokenKey, TokenKeys } from './token-keys.js';
import { tokenOf, type Token } from './token.js';

export interface TokenRules {
  /** What `iss` must be; undefined: anything. */
  readonly issuer?: string;
  /** What `aud` must be or contain; undefined: anything. */
  readonly audience?: string;
  /** How far the issuer's clock may be off, ms. */
  readonly toleranceMs: number;
}

/** Longest token that is looked at, characters; Node takes no longer headers either. */
const TOKEN_MAX = 16_384;

/** Says whose a token is (RFC 7519). Time is the clock's. */
export class TokenVerifier {
  private readonly logger = new Logger('Authentication');

  constructor(
    private readonly keys: TokenKeys,
    private readonly rules: TokenRules,
    private readonly clock: Clock,
  ) {}

  /** Rejects with `WS_AUTH_FAILED`, whatever is wrong with it, or with `WS_UNAVAILABLE` where nobody can say. */
  async verify(token: string): Promise<Token> {
    try {
      const claims = await this.claimsOf(token);
      return tokenOf(claims, this.clock.now(), this.rules.toleranceMs);
    } catch (error) {
      throw this.failure(error);
    }
  }

  private async claimsOf(token: string): Promise<JWTPayload> {
    const candidates = await this.keys.candidates(this.headerOf(token));
    let reason: unknown = authFailed('no such key');
    for (const key of candidates) {
      try {
        return await this.verifyWith(key, token);
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
        reason = error;
      }
    }
    throw reason;
  }

  private headerOf(token: string): JWTHeaderParameters {
    if (token.length > TOKEN_MAX) throw authFailed('it is too long');
    let header: Partial<JWTHeaderParameters>;
    try {
      header = decodeProtectedHeader(token);
    } catch {
      throw authFailed('it is no token');
    }
    const { alg } = header;
    if (typeof alg !== 'string' || !this.keys.algorithms.includes(alg)) throw authFailed('its algorithm is not ours');
    // We know no extensions, so none that must be understood (RFC 7515 §4.1.11).
    if (header.crit !== undefined) throw authFailed('it has critical extensions');
    return { ...header, alg };
  }

  private async verifyWith(key: TokenKey, token: string): Promise<JWTPayload> {
    const { issuer, audience, toleranceMs } = this.rules;
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...this.keys.algorithms],
      issuer,
      audience,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: toleranceMs / 1_000,
      currentDate: new Date(this.clock.now()),
    });
    return payload;
  }

  private failure(error: unknown): ProtocolError {
    if (error instanceof ProtocolError) return error;
    if (error instanceof KeysAwayError) return authUnavailable(error);
    // What the library throws else is about a key of the issuer's that it cannot use.
    if (!(error instanceof errors.JOSEError)) this.logger.warn({ reason: String(error) }, 'a key cannot be used');
    return authFailed(String(error));
  }
}
