import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '#service';
import { allowsOrigin } from '../auth/origins.js';
import type { GatewayConfig } from '../config.js';
import { Counters } from './counters.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';

/** An upgrade that is answered with HTTP instead. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 503;
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

/** What of the gateway decides. */
export interface Capacity {
  readonly path: string;
  readonly origins: readonly string[];
  readonly connections: number;
  readonly maxConnections: number;
  readonly draining: boolean;
}

/** Retry-After of a 503, seconds: another gateway will do at once, this one may have room soon. */
const RETRY_AFTER_SECONDS = 5;

/** Whether a client may connect (PROTOCOL.md §1); undefined: it may. */
export function refusal(upgrade: Upgrade, capacity: Capacity): Refusal | undefined {
  if (upgrade.path !== capacity.path) return { status: 404, reason: 'not found' };
  if (upgrade.origin !== undefined && !allowsOrigin(capacity.origins, upgrade.origin))
    return { status: 403, reason: 'origin not allowed' };
  if (capacity.draining) return { status: 503, reason: 'draining', retryAfterSeconds: RETRY_AFTER_SECONDS };
  if (capacity.connections >= capacity.maxConnections)
    return { status: 503, reason: 'full', retryAfterSeconds: RETRY_AFTER_SECONDS };
  return undefined;
}

/** Who may come in, as things stand. */
@Injectable()
export class Admission {
  /** Set once, when the gateway stops. */
  draining = false;

  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    private readonly registry: Registry<SessionActor>,
    private readonly counters: Counters,
  ) {}

  /** Whether nobody can come in any more: things may have changed since an upgrade was let through. */
  shut(): Refusal | undefined {
    const { MAX_CONNECTIONS: maxConnections } = this.config;
    const { connections } = this.registry;
    return refusal({ path: '' }, { path: '', origins: [], connections, maxConnections, draining: this.draining });
  }

  /** @param path where the gateway listens. */
  refusal(upgrade: Upgrade, path: string): Refusal | undefined {
    const { ALLOWED_ORIGINS: origins, MAX_CONNECTIONS: maxConnections } = this.config;
    const { connections } = this.registry;
    const refused = refusal(upgrade, { path, origins, connections, maxConnections, draining: this.draining });
    if (refused) this.counters.count(this.counters.refused, refused.status);
    return refused;
  }
}
