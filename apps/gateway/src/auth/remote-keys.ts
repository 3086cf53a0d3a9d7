import { createRemoteJWKSet, errors, type CryptoKey, type JWTHeaderParameters, type RemoteJWKSet } from 'jose';
import type { Clock } from '#actor';
import { KeysAwayError } from './failures.js';
import { PUBLIC_KEY_ALGORITHMS, type TokenKeys } from './token-keys.js';

export interface RemoteKeysOptions {
  readonly clock: Clock;
  /** The set is asked for again after so long: a key that was taken out of it counts no longer. */
  readonly maxAgeMs?: number;
  /** Unknown keys have the set asked for again at most so often, after a few at once. */
  readonly cooldownMs?: number;
  readonly timeoutMs?: number;
  /** Once for each fetch that failed. */
  readonly onError: (error: unknown) => void;
}

/** Fetches that may follow each other at once: keys may rotate in quick succession, and made-up key ids must not keep a real one waiting. */
const BURST = 3;

/**
 * The keys of a JSON Web Key Set. A key that is not known has the set asked for, so that rotated keys are picked up; how often is bounded, since
 * anybody can make up key ids. While the set is away the keys that are known go on working, however old they are.
 */
export class RemoteKeys implements TokenKeys {
  readonly algorithms = PUBLIC_KEY_ALGORITHMS;
  private readonly set: RemoteJWKSet;
  private readonly clock: Clock;
  private readonly maxAgeMs: number;
  private readonly cooldownMs: number;
  private fetched = 0;
  private fetchedAt = 0;
  private failure: unknown;
  private fetching: Promise<void> | undefined;
  private spare = BURST;
  private refilledAt: number;

  constructor(
    url: string,
    private readonly options: RemoteKeysOptions,
  ) {
    this.clock = options.clock;
    this.maxAgeMs = options.maxAgeMs ?? 600_000;
    this.cooldownMs = options.cooldownMs ?? 10_000;
    this.refilledAt = this.clock.now();
    // When to ask is decided here: the library would refuse known keys once they are old and the set is away.
    const never = { cacheMaxAge: Infinity, cooldownDuration: Infinity };
    this.set = createRemoteJWKSet(new URL(url), { ...never, timeoutDuration: options.timeoutMs ?? 5_000 });
  }

  async candidates(header: JWTHeaderParameters): Promise<readonly CryptoKey[]> {
    const before = this.fetched;
    if (this.clock.now() - this.fetchedAt >= this.maxAgeMs) await this.renew();
    const known = await this.matching(header);
    if (known.length > 0 || this.fetched > before) return known;
    await this.fetch();
    if (this.fetched === before) throw new KeysAwayError(this.nextFetchMs(), { cause: this.failure });
    return this.matching(header);
  }

  /** Asks for the set before anybody needs it. */
  async renew(): Promise<void> {
    const fetching = this.fetch();
    // Waited for once: while the set is away nobody who has a known key is held up.
    if (this.failure === undefined) await fetching;
  }

  /** Never rejects; does nothing where it has been asked too often. */
  private fetch(): Promise<void> {
    if (this.fetching) return this.fetching;
    if (!this.mayFetch()) return Promise.resolve();
    this.fetching = this.set.reload().then(this.onFetched, this.onFailed);
    return this.fetching;
  }

  private readonly onFetched = (): void => {
    this.fetching = undefined;
    if (this.failure !== undefined) this.spare = BURST;
    this.failure = undefined;
    this.fetched++;
    this.fetchedAt = this.clock.now();
  };

  private readonly onFailed = (error: unknown): void => {
    this.fetching = undefined;
    this.failure = error;
    this.spare = 0;
    this.refilledAt = this.clock.now();
    this.options.onError(error);
  };

  private mayFetch(): boolean {
    const now = this.clock.now();
    const refills = Math.floor((now - this.refilledAt) / this.cooldownMs);
    if (refills > 0) {
      this.spare = Math.min(BURST, this.spare + refills);
      this.refilledAt = this.spare === BURST ? now : this.refilledAt + refills * this.cooldownMs;
    }
    if (this.spare === 0) return false;
    if (this.spare-- === BURST) this.refilledAt = now;
    return true;
  }

  private nextFetchMs(): number {
    return Math.max(1, this.refilledAt + this.cooldownMs - this.clock.now());
  }

  /** Those of the set with the header's `kid` (any, where it has none), fit for its `alg`. */
  private async matching(header: JWTHeaderParameters): Promise<readonly CryptoKey[]> {
    if (this.fetched === 0) return [];
    try {
      return [await this.set(header)];
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return [];
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      const keys: CryptoKey[] = [];
      for await (const key of error) keys.push(key);
      return keys;
    }
  }
}
