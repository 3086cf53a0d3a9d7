import type { Clock } from './options.js';

/** A token, or where to get one: asked for each connection, and again before the one in use expires. */
export type TokenSource = string | (() => string | Promise<string>);

/** A new token is fetched so long before the old one expires, ms; of a short life a fifth of it. */
const AHEAD_MS = 60_000;
/** Where it could not be fetched, the next attempt comes after so many ms. */
const RETRY_MS = 5_000;

/** When a JWT expires, ms since the epoch; undefined for one that does not say, and for a token that is no JWT. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The tokens of one client: a fresh one for each registration, and one in time before that expires, for the live connection (PROTOCOL.md §6, 4003).
 * Only a source that is a function can give more than one.
 */
export class Tokens {
  private timer?: unknown;
  private round = 0;

  /** @param renew takes a new token to the server, on the live connection. */
  constructor(
    private readonly source: TokenSource,
    private readonly clock: Clock,
    private readonly renew: (token: string) => void,
  ) {}

  /** For a registration that begins now; the connection lives until `stop`. */
  async begin(): Promise<string> {
    this.stop();
    const { round } = this;
    const token = await this.fetch();
    if (round === this.round) this.plan(token);
    return token;
  }

  /** The connection is gone: nothing is renewed until the next begins. */
  stop(): void {
    this.round++;
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async fetch(): Promise<string> {
    return typeof this.source === 'string' ? this.source : this.source();
  }

  private plan(token: string): void {
    const expiresAt = typeof this.source === 'string' ? undefined : expiryOf(token);
    if (expiresAt === undefined) return;
    const lifeMs = Math.max(0, expiresAt - this.clock.now());
    this.later(lifeMs - Math.min(AHEAD_MS, lifeMs / 5));
  }

  private later(ms: number): void {
    // A timer of the platform takes no more than 31 bits; longer lives are looked at again on the way.
    const step = Math.min(ms, 2 ** 31 - 1);
    this.timer = this.clock.setTimeout(() => (ms > step ? this.later(ms - step) : void this.replace()), step);
  }

  private async replace(): Promise<void> {
    const { round } = this;
    const token = await this.fetch().catch(() => undefined);
    if (round !== this.round) return;
    if (token === undefined) return this.later(RETRY_MS);
    this.renew(token);
    this.plan(token);
  }
}
