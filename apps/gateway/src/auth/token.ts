import type { JWTPayload } from 'jose';
import { isIdentifier } from '#protocol';
import { ConversationClaim } from './conversation-claim.js';
import { authFailed } from './failures.js';

/** What a token says that holds. */
export interface Token {
  /** Its `sub`. */
  readonly userId: string;
  /** Its `exp` and the tolerance, ms since the epoch: from then on it holds no more. */
  readonly expiresAt: number;
  /** Conversations that the user may join without being made a member first; undefined: none. */
  readonly conversations: ConversationClaim | undefined;
}

/** The token of claims whose signature holds. Throws `WS_AUTH_FAILED` where they are none of ours, or are over. */
export function tokenOf(claims: JWTPayload, now: number, toleranceMs: number): Token {
  const { sub, exp = Number.NaN } = claims;
  if (!isIdentifier(sub)) throw authFailed('its sub is no user id');
  const expiresAt = exp * 1_000 + toleranceMs;
  // The library counts in whole seconds.
  if (!(expiresAt > now)) throw authFailed('it has expired');
  return { userId: sub, expiresAt, conversations: conversationsOf(claims['conversations']) };
}

function conversationsOf(claim: unknown): ConversationClaim | undefined {
  if (claim === undefined) return undefined;
  if (!Array.isArray(claim) || !claim.every((name) => typeof name === 'string'))
    throw authFailed('its conversations are no list of names');
  return new ConversationClaim(claim);
}
