import { Redis } from 'ioredis';
import type { HoldResult, Lease, LeaseStore, LiveLease } from '#mesh';

/** As small as a lease store on Redis can be, for processes of tests: the engine has the real one. */
const HOLD = `
  for i, key in ipairs(KEYS) do
    local holder = redis.call('GET', key)
    if holder and holder ~= ARGV[1] then return 'taken' end
  end
  for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
  local live = {}
  for i, key in ipairs(redis.call('KEYS', 'test-lease:*')) do
    live[#live + 1] = { key, redis.call('GET', key), redis.call('PTTL', key) }
  end
  return live`;

const keyOf = ({ role, id }: Lease): string => `test-lease:${role}:${id}`;

export class RedisTestLeases implements LeaseStore {
  private readonly client: Redis;

  constructor(url: string) {
    this.client = new Redis(url);
  }

  async hold(leases: readonly Lease[], ttlMs: number): Promise<HoldResult> {
    const args = [...leases.map(keyOf), leases[0]?.incarnation ?? '', ttlMs];
    const result = (await this.client.eval(HOLD, leases.length, ...args)) as 'taken' | [string, string, number][];
    if (result === 'taken') return { held: false, reason: 'taken' };
    return { held: true, live: result.map(leaseOf) };
  }

  async release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) {
      if ((await this.client.get(keyOf(lease))) === lease.incarnation) await this.client.del(keyOf(lease));
    }
  }

  close(): void {
    this.client.disconnect();
  }
}

function leaseOf([key, incarnation, remainingMs]: [string, string, number]): LiveLease {
  const [, role = '', id = ''] = key.split(':');
  return { role, id, incarnation, remainingMs };
}
