import type { RedisServer } from './redis-server.js';

/** Things (users, connections, conversations) that one script call handles on a single server: it blocks the server for a fraction of a ms. */
const PER_CALL = 128;

/** Runs `call` on all `items`, as many at once as one script call may handle (on a cluster: one); the results in the order of the items. */
export async function perCall<T, R>(
  server: RedisServer,
  items: readonly T[],
  call: (some: readonly T[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const size = server.oneSlotPerCall ? 1 : PER_CALL;
  const calls: Promise<readonly R[]>[] = [];
  for (let i = 0; i < items.length; i += size) calls.push(call(items.slice(i, i + size)));
  return (await Promise.all(calls)).flat();
}
