import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#actor';
import { CLOCK, CONFIG, Rate, Readiness } from '#service';
import { allowsOrigin } from '../auth/origins.js';
import type { GatewayConfig } from '../config.js';
import { Addresses } from '../limits/addresses.js';
import { Overload } from '../limits/overload.js';
import { Counters } from './counters.js';

/** An upgrade that is answered with HTTP instead. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 429 | 503;
  readonly reason: string;
  readonly retryAfterSeconds?: number;
  /** `WWW-Authenticate`, which goes with 401. */
  readonly challenge?: string;
}

/** What of an upgrade request decides. */
export interface Upgrade {
  /** Without the query. */
  readonly path: string;
  /** Absent: no browser, which `ALLOWED_ORIGINS` is not about. */
  readonly origin?: string;
}

/** An upgrade with what it came on. */
export interface Arrival extends Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
}

/** What of the gateway decides. */
export interface Capacity {
  readonly path: string;
  readonly origins: readonly string[];
  readonly connections: number;
  readonly maxConnections: number;
  /** Listens, but has not joined the mesh yet: nobody could register. */
  readonly starting: boolean;
  readonly draining: boolean;
  readonly overloaded: boolean;
  /** How long until one more may come this second, ms; 0: it may. */
  readonly paceMs: number;
}

/** Retry-After, seconds, of a gateway that may have room soon, … */
const RETRY_AFTER_SECONDS = 5;
/** … and of one that comes or goes: the balancer has another, which will do at once. */
const ELSEWHERE_AFTER_SECONDS = 1;

const unavailable = (reason: string, retryAfterSeconds = RETRY_AFTER_SECONDS): Refusal => ({
  status: 503,
  reason,
  retryAfterSeconds,
});
const TOO_MANY: Refusal = {
  status: 429,
  reason: 'too many connections from this address',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

/** Whether a client may connect (PROTOCOL.md §1); undefined: it may. */
export function refusal(upgrade: Upgrade, capacity: Capacity): Refusal | undefined {
  if (upgrade.path !== capacity.path) return { status: 404, reason: 'not found' };
  if (upgrade.origin !== undefined && !allowsOrigin(capacity.origins, upgrade.origin))
    return { status: 403, reason: 'origin not allowed' };
  if (capacity.starting) return unavailable('starting', ELSEWHERE_AFTER_SECONDS);
  if (capacity.draining) return unavailable('draining', ELSEWHERE_AFTER_SECONDS);
  if (capacity.connections >= capacity.maxConnections) return unavailable('full');
  if (capacity.overloaded) return unavailable('overloaded');
  if (capacity.paceMs > 0) return unavailable('too many upgrades', Math.ceil(capacity.paceMs / 1_000));
  return undefined;
}

/** After a pause so many seconds' worth of upgrades may come at once: clients reconnect together. */
const UPGRADES_BURST_SECONDS = 5;

/** Who may come in, as things stand. */
@Injectable()
export class Admission {
  /** Set once, when the gateway stops. */
  draining = false;
  private readonly rate: Rate | undefined;
  /** Of the upgrades: when their bucket is full again. */
  private fullAt = 0;

  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly addresses: Addresses,
    private readonly overload: Overload,
    private readonly readiness: Readiness,
    private readonly counters: Counters,
  ) {
    const { MAX_UPGRADES_PER_SECOND: perSecond } = config;
    this.rate = Rate.of(perSecond, UPGRADES_BURST_SECONDS * perSecond);
  }

  /** Whether nobody can come in any more: a drain may have begun since an upgrade was let through. It has its place already. */
  shut(): Refusal | undefined {
    return this.draining ? unavailable('draining', ELSEWHERE_AFTER_SECONDS) : undefined;
  }

  /**
   * One that is not refused is counted from here on, until its socket is closed.
   * @param path where the gateway listens.
   */
  refusal(arrival: Arrival, path: string): Refusal | undefined {
    const now = this.clock.now();
    const fullAt = this.rate?.after(this.fullAt, now) ?? 0;
    const refused = refusal(arrival, this.capacity(path, this.rate?.waitMs(fullAt, now) ?? 0));
    if (!refused) this.fullAt = fullAt;
    const answer = refused ?? (this.addresses.enter(arrival) ? undefined : TOO_MANY);
    if (answer) this.counters.countRefused(answer);
    return answer;
  }

  private capacity(path: string, paceMs: number): Capacity {
    const { ALLOWED_ORIGINS: origins, MAX_CONNECTIONS: maxConnections } = this.config;
    const { draining } = this;
    const starting = this.readiness.phase === 'starting';
    const { sockets: connections } = this.addresses;
    return { path, origins, connections, maxConnections, starting, draining, overloaded: this.overload.active, paceMs };
  }
}
