import type { LeaseRecord, Leases } from '../port.js';
import { LEASES_KEY, leaseField } from './keys.js';
import type { RedisServer, Reply } from './redis-server.js';

type HoldReply = Awaited<ReturnType<Leases['hold']>>;

/** All leases in one hash (there are as many as instances), each value with its own end: `{"expires":…,"role":…,"id":…,"incarnation":…}`. */
export class RedisLeases implements Leases {
  constructor(private readonly server: RedisServer) {}

  async hold(leases: readonly LeaseRecord[], ttlMs: number, next?: string): Promise<HoldReply> {
    const args = leases.flatMap((lease) => {
      const renewed = next === undefined ? lease : { ...lease, incarnation: next };
      return [leaseField(lease.role, lease.id), tail(lease), ending(lease), tail(renewed), ending(renewed)];
    });
    const reply = await this.server.script('hold', [LEASES_KEY], [ttlMs, ...args]);
    if (reply === null) return { held: false, reason: 'taken' };
    const [renewed, ...live] = reply as readonly Reply[];
    return { held: true, live: toLive(live), renewed: next !== undefined && renewed === 1 };
  }

  async release(leases: readonly LeaseRecord[]): Promise<void> {
    const args = leases.flatMap((lease) => [leaseField(lease.role, lease.id), ending(lease)]);
    await this.server.script('release', [LEASES_KEY], args);
  }
}

function tail({ role, id, leaving, incarnation }: LeaseRecord): string {
  return `,${JSON.stringify({ role, id, leaving, incarnation }).slice(1)}`;
}

function ending({ incarnation }: LeaseRecord): string {
  return `,"incarnation":${JSON.stringify(incarnation)}}`;
}

function toLive(flat: readonly Reply[]) {
  const live: (LeaseRecord & { readonly remainingMs: number })[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const { role, id, leaving, incarnation } = JSON.parse(String(flat[i + 1])) as LeaseRecord;
    live.push({ role, id, ...(leaving && { leaving }), incarnation, remainingMs: flat[i] as number });
  }
  return live;
}
