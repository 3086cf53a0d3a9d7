import type { LeaseRecord, Leases } from '../port.js';
import { LEASES_KEY, leaseField } from './keys.js';
import type { RedisServer, Reply } from './redis-server.js';

type HoldReply = Awaited<ReturnType<Leases['hold']>>;

/** All leases in one hash (there are as many as instances), each value with its own end: `{"expires":…,"role":…,"id":…,"incarnation":…}`. */
export class RedisLeases implements Leases {
  constructor(private readonly server: RedisServer) {}

  async hold(leases: readonly LeaseRecord[], ttlMs: number): Promise<HoldReply> {
    const args = leases.flatMap((lease) => [leaseField(lease.role, lease.id), tail(lease), ending(lease)]);
    const reply = await this.server.script('hold', [LEASES_KEY], [ttlMs, ...args]);
    if (reply === null) return { held: false, reason: 'taken' };
    return { held: true, live: toLive(reply as readonly Reply[]) };
  }

  async release(leases: readonly LeaseRecord[]): Promise<void> {
    const args = leases.flatMap((lease) => [leaseField(lease.role, lease.id), ending(lease)]);
    await this.server.script('release', [LEASES_KEY], args);
  }
}

function tail({ role, id, incarnation }: LeaseRecord): string {
  return `,${JSON.stringify({ role, id, incarnation }).slice(1)}`;
}

function ending({ incarnation }: LeaseRecord): string {
  return `,"incarnation":${JSON.stringify(incarnation)}}`;
}

function toLive(flat: readonly Reply[]) {
  const live: (LeaseRecord & { readonly remainingMs: number })[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const { role, id, incarnation } = JSON.parse(String(flat[i + 1])) as LeaseRecord;
    live.push({ role, id, incarnation, remainingMs: flat[i] as number });
  }
  return live;
}
