import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GATEWAY, PRESENCE, ROLE, type UserStatus, type WatchReply } from '#contract';
import { byKey, instance, type MeshNode } from '#mesh';
import { eventually, Stage, type RoleHost } from '#testing';
import { PresenceModule } from '../presence.module.js';

const CONFIG = { MAX_CONNECTIONS_PER_USER: 3, OFFLINE_GRACE_MS: 100 };

let stage: Stage;
let gateway: MeshNode;
let pushed: UserStatus[];

beforeEach(async () => {
  stage = await Stage.start({ kind: 'embedded', handoverMs: 5_000 });
  pushed = [];
  gateway = await stage.node(ROLE.gateway, 'gateway-01', (node) =>
    node.handle(GATEWAY.presence, { one: ({ data }) => void pushed.push(data as UserStatus) }),
  );
});
afterEach(async () => {
  await stage.clock.advanceGently(1_000);
  await stage.stop();
});

const host = (id: string): Promise<RoleHost> => stage.host(ROLE.presence, id, PresenceModule, CONFIG);
const ask = <R>(pattern: string, data: object): Promise<R> =>
  gateway.ask<R>(
    byKey(ROLE.presence, 'bob'),
    pattern,
    { userId: 'bob', connectionId: 'c1', ...data },
    { timeoutMs: 20_000 },
  );
const watch = (id: string): Promise<WatchReply> => {
  const request = { gatewayId: 'gateway-01', incarnation: 'i', userIds: ['bob'] };
  return gateway.ask(instance(ROLE.presence, id), PRESENCE.watch, request, { timeoutMs: 20_000 });
};
const said = (): string[] => pushed.map(({ status }) => status);

// Interleaving: a user goes → within the grace time the instance that would say so is stopped.
test('an instance that stops says first what it still has to say', async () => {
  const first = await host('presence-01');
  await watch('presence-01');
  await ask(PRESENCE.register, { gatewayId: 'gateway-01', incarnation: 'i' });
  await ask(PRESENCE.remove, {});
  const stopping = first.stop();
  await eventually(() => expect(gateway.members(ROLE.presence)).toHaveLength(1));
  expect(said()).toEqual(['online']);
  await eventually(() => {
    stage.clock.advance(100);
    expect(said()).toEqual(['online', 'offline']);
  });
  await stopping;
});

// Interleaving: a user goes → its owner dies within the grace time, having told nobody → the gateway renews its watching at the next owner.
test('what an owner that died has not said is in the next answer to those who watch', async () => {
  const first = await host('presence-01');
  await watch('presence-01');
  await ask(PRESENCE.register, { gatewayId: 'gateway-01', incarnation: 'i' });
  await ask(PRESENCE.remove, {});
  await first.mesh.leave();
  await host('presence-02');
  expect(said()).toEqual(['online']);
  const { statuses } = await watch('presence-02');
  expect(statuses).toMatchObject([{ userId: 'bob', status: 'offline' }]);
});
