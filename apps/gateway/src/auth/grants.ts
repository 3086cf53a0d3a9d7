import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#actor';
import { CLOSE, type CloseCode } from '#protocol';
import { CLOCK } from '#service';
import { Expiries, type Expiring } from './expiries.js';
import type { Token } from './token.js';

/** A connection, as far as tokens are concerned. */
export interface Bearer {
  close(code: CloseCode, reason: string): void;
}

/** A connection with the token it lives on. */
interface Grant extends Expiring {
  readonly bearer: Bearer;
  token: Token;
}

/**
 * Which connection has which token, and the end of those whose token has expired (4003). Holds nothing where nobody has tokens, so that a connection
 * costs nothing more there.
 */
@Injectable()
export class Grants {
  private readonly byBearer = new Map<Bearer, Grant>();
  private readonly expiries: Expiries<Grant>;

  constructor(@Inject(CLOCK) clock: Clock) {
    this.expiries = new Expiries(clock, ({ bearer }) => bearer.close(CLOSE.tokenExpired, 'token expired'));
  }

  get size(): number {
    return this.byBearer.size;
  }

  /** The connection lives on this token from now on, in place of an earlier one. It must be open: its `end` ends the grant. */
  give(bearer: Bearer, token: Token): void {
    const known = this.byBearer.get(bearer);
    const grant = known ?? { bearer, token, expiresAt: 0, place: -1 };
    grant.token = token;
    if (!known) this.byBearer.set(bearer, grant);
    this.expiries.set(grant, token.expiresAt);
  }

  of(bearer: Bearer): Token | undefined {
    return this.byBearer.get(bearer)?.token;
  }

  /** Whether its token lets the connection join the conversation. */
  mayJoin(bearer: Bearer, conversation: string): boolean {
    return this.byBearer.get(bearer)?.token.conversations?.has(conversation) ?? false;
  }

  end(bearer: Bearer): void {
    const grant = this.byBearer.get(bearer);
    if (!grant) return;
    this.byBearer.delete(bearer);
    this.expiries.delete(grant);
  }

  stop(): void {
    this.byBearer.clear();
    this.expiries.stop();
  }
}
