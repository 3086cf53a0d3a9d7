import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LAYOUTS, PRESENCE, ROLE, type RegisterRequest } from '#contract';
import { LocalCarrier, LocalHub, LocalLeases, createMesh, type MeshNode } from '#mesh';
import { VirtualClock, eventually } from '#testing';
import { Presences } from './presences.js';

/** All but `performance.now`, which is moved on by hand. */
const REAL = [
  'Date',
  'hrtime',
  'nextTick',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

let clock: VirtualClock;
let gateway: MeshNode;
/** Two instances of presence, which answer to nothing, and what each was asked. */
let instances: Record<
  string,
  { readonly node: MeshNode; readonly carrier: LocalCarrier; readonly asked: RegisterRequest[] }
>;

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: [...REAL] });
  clock = new VirtualClock();
  const [hub, leases] = [new LocalHub(), new LocalLeases(clock)];
  const join = async (id: string, role: string): Promise<{ node: MeshNode; carrier: LocalCarrier }> => {
    const carrier = new LocalCarrier(hub);
    const node = createMesh({ id, roles: [role], layouts: LAYOUTS, carrier, leases, clock });
    if (role === ROLE.presence) {
      const asked: RegisterRequest[] = [];
      node.handle(PRESENCE.register, { one: ({ data }) => void asked.push(data as RegisterRequest) });
      instances[id] = { node, carrier, asked };
    }
    await node.join();
    return { node, carrier };
  };
  instances = {};
  await join('presence-01', ROLE.presence);
  await join('presence-02', ROLE.presence);
  ({ node: gateway } = await join('gateway-01', ROLE.gateway));
});
afterEach(async () => {
  await Promise.all([gateway.leave(), ...Object.values(instances).map(({ node }) => node.leave())]);
  jest.useRealTimers();
});

// A registration is asked for → its presence instance dies before it answers → it is asked for again, of one that may never have heard this gateway.
test('a registration says how long it has waited each time that it is sent', async () => {
  const registered = new Presences(gateway).register({ userId: 'alice', connectionId: 'c' });
  const outcome = expect(registered).rejects.toThrow();
  const owner = gateway.owner(ROLE.presence, 'alice')!.id;
  const other = Object.keys(instances).find((id) => id !== owner)!;
  await eventually(() => expect(instances[owner]!.asked).toMatchObject([{ connectionId: 'c', waitedMs: 0 }]));
  jest.advanceTimersByTime(3_000);
  await instances[owner]!.carrier.stop();
  await eventually(() => {
    clock.advance(100);
    expect(instances[other]!.asked).toHaveLength(1);
  });
  const [first, again] = [instances[owner]!.asked[0], instances[other]!.asked[0]];
  expect(again).toEqual({ ...first, waitedMs: 3_000 });
  clock.advance(60_000);
  await outcome;
});
