import { Inject, Injectable, Logger } from '@nestjs/common';
import { ProtocolError, type CloseCode, type ErrorCode } from '#protocol';
import { authFailed } from './failures.js';
import { Grants, type Bearer } from './grants.js';
import type { TokenVerifier } from './token-verifier.js';
import type { Token } from './token.js';

/** The `TokenVerifier`; undefined with AUTH_MODE=none. */
export const TOKENS = Symbol('TOKENS');

/** A connection that wants to be somebody. */
export interface Claimant extends Bearer {
  readonly identity: { readonly userId: string } | undefined;
  readonly closed: boolean;
  close(code: CloseCode, reason: string): void;
}

/** Who it says it is, and its proof. */
export interface Credentials {
  readonly userId?: string | null;
  readonly token?: string | null;
}

export type AuthenticationResult = 'accepted' | 'failed' | 'forbidden' | 'unavailable';

const RESULTS: Readonly<Partial<Record<ErrorCode, AuthenticationResult>>> = {
  WS_AUTH_FAILED: 'failed',
  WS_FORBIDDEN: 'forbidden',
  WS_UNAVAILABLE: 'unavailable',
};

/** Says who a connection is, by its token (PROTOCOL.md §1, §2). */
@Injectable()
export class Authentication {
  /** From the start, by result. */
  readonly results = new Map<AuthenticationResult, number>();
  private readonly logger = new Logger('Authentication');

  constructor(
    @Inject(TOKENS) private readonly verifier: TokenVerifier | undefined,
    private readonly grants: Grants,
  ) {}

  /** Whether tokens are asked for; otherwise everybody is who they say they are. */
  get required(): boolean {
    return this.verifier !== undefined;
  }

  /** A token at the upgrade. Rejects with `WS_AUTH_FAILED` or `WS_UNAVAILABLE`. */
  admit(token: string): Promise<Token> {
    return this.counted(this.verify(token), 'accepted');
  }

  /**
   * The user that a connection is from now on, by the token it brings, else by the one it has. Undefined: it was closed meanwhile. A new token of the
   * same user takes the old one's place, so that the connection lives on. Rejects with `WS_AUTH_FAILED`, `WS_UNAVAILABLE`, or `WS_FORBIDDEN`
   * where the token is another user's.
   */
  authenticate(claimant: Claimant, credentials: Credentials): Promise<string | undefined> {
    // The one it has was counted when it came.
    return this.counted(this.userOf(claimant, credentials), credentials.token ? 'accepted' : undefined);
  }

  private async userOf(claimant: Claimant, { userId, token }: Credentials): Promise<string | undefined> {
    const known = this.grants.of(claimant);
    const shown = token === undefined || token === null ? known : await this.verify(token);
    if (!shown) throw authFailed('there is none');
    // Interleaving: closed while the token was looked at; what is granted now would be nobody's to take back.
    if (claimant.closed) return undefined;
    const expected = [userId || shown.userId, known?.userId ?? shown.userId, claimant.identity?.userId ?? shown.userId];
    if (!expected.every((user) => user === shown.userId))
      throw new ProtocolError('WS_FORBIDDEN', 'The token is of another user');
    if (shown !== known) this.grants.give(claimant, shown);
    return shown.userId;
  }

  private async verify(token: string): Promise<Token> {
    if (!this.verifier) throw new Error('AUTH_MODE=none knows no tokens');
    return this.verifier.verify(token);
  }

  private async counted<T>(authentication: Promise<T>, success: AuthenticationResult | undefined): Promise<T> {
    try {
      const result = await authentication;
      if (success) this.count(success);
      return result;
    } catch (error) {
      const result = error instanceof ProtocolError ? RESULTS[error.code] : undefined;
      if (result) this.count(result);
      this.logger.debug({ reason: reasonOf(error) }, 'not authenticated');
      throw error;
    }
  }

  private count(result: AuthenticationResult): void {
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
  }
}

/** Without what the library's errors carry along: the claims. */
function reasonOf(error: unknown): string {
  const { cause } = error as Error;
  return cause instanceof Error ? cause.message : String(error);
}
