import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';

const USERS = Array.from({ length: 40 }, (_, i) => `user-${10 + i}@example.com`);
const STEP_MS = 50;

let gateway: GatewayUnderTest;
let clock: VirtualClock;
let clients: WireClient[];

beforeEach(async () => {
  clock = new VirtualClock();
  gateway = await GatewayUnderTest.start({ clock });
  clients = await Promise.all(USERS.map(() => WireClient.connect(gateway.url)));
  await Promise.all(clients.map((client, i) => client.register(USERS[i]!)));
});
afterEach(async () => {
  for (const client of clients) client.terminate();
  await gateway.stop();
});

const written = (): number => clients.reduce((sum, client) => sum + client.ofType('message').length, 0);
const saved = (): string[] => gateway.backend.acks.map(({ userId }) => userId);

test('cursors are saved within a second, not all of them at once', async () => {
  for (const user of USERS) gateway.backend.deliver(user, 'one');
  await eventually(() => expect(written()).toBe(USERS.length));
  expect(saved()).toEqual([]);
  clock.advance(500);
  await eventually(() => expect(saved().length).toBeGreaterThanOrEqual(10));
  expect(saved().length).toBeLessThanOrEqual(30);
  clock.advance(500);
  await eventually(() => expect(saved()).toHaveLength(USERS.length));
  expect(saved().toSorted()).toEqual(USERS);
});

test('whoever is served all the time has it saved once a second', async () => {
  const [user] = USERS as [string];
  for (let step = 1; step <= 60; step++) {
    gateway.backend.deliver(user, String(step));
    await eventually(() => expect(written()).toBe(step));
    clock.advance(STEP_MS);
  }
  await eventually(() => expect(saved()).toEqual([user, user, user]));
  const ids = gateway.backend.acks.map(({ messageId }) => messageId);
  expect([ids[1]! - ids[0]!, ids[2]! - ids[1]!]).toEqual([20, 20]);
});

test('the turns begin again after a rest', async () => {
  for (const user of USERS) gateway.backend.deliver(user, 'one');
  await eventually(() => expect(written()).toBe(USERS.length));
  clock.advance(5_000);
  await eventually(() => expect(saved().toSorted()).toEqual(USERS));
  gateway.backend.deliver(USERS[0]!, 'two');
  await eventually(() => expect(written()).toBe(USERS.length + 1));
  clock.advance(1_000);
  await eventually(() => expect(saved()).toHaveLength(USERS.length + 1));
});
