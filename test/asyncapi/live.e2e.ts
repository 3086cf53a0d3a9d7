import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AppProcess, WireClient, eventually, freePort } from '#testing';
import { Description, faultsOf } from './description.js';

const API_KEY = 'a key of the test'.replaceAll(' ', '-');
const description = new Description();

let directory: string;
let app: AppProcess;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'switchboard-asyncapi-'));
  app = await AppProcess.spawn('standalone', await freePort(), { DATA_DIR: directory, API_KEY }).ready();
});
afterEach(async () => {
  await app.kill();
  await rm(directory, { recursive: true, force: true });
});

const connect = async (): Promise<WireClient> => WireClient.connect(`ws://127.0.0.1:${app.port}/ws`);

const enrol = async (userId: string): Promise<void> => {
  const url = app.url(`/api/conversations/team/members/${userId}`);
  const answer = await fetch(url, { method: 'PUT', headers: { Authorization: `Bearer ${API_KEY}` } });
  expect(answer.ok).toBe(true);
};

test('a running gateway says what the description says, and each of its events', async () => {
  const [alice, bob] = [await connect(), await connect()];
  await Promise.all([alice.register('alice', { ref: 'r' }), bob.register('bob', { device: 'phone' })]);
  await Promise.all([enrol('alice'), enrol('bob')]);
  const events = description.events('json');
  const seen = (): Set<unknown> => new Set([...alice.frames, ...bob.frames].map((frame) => frame['type']));

  bob.send({ type: 'subscribe', conversation: 'team', ref: 1 });
  await eventually(() => expect(seen()).toContain('subscribed'));
  for (const frame of [
    { type: 'ping' },
    { type: 'watch', userIds: ['bob', 'nobody'], ref: 1 },
    { type: 'message', to: 'bob', content: 'Hello!', id: 'm1' },
    { type: 'message', to: 'bob', content: 'Hello!', id: 'm1', ref: 2 },
    { type: 'message', to: 'bob', content: '…', ephemeral: true, ref: 3 },
    { type: 'message', conversation: 'team', content: 'all', kind: 'own' },
    { type: 'status', to: 'bob', ref: 4 },
    { type: 'conversations' },
    { type: 'nonsense', ref: 'x' },
    { type: 'message', to: '', content: 'to whom?' },
  ])
    alice.send(frame);
  await eventually(() => expect(bob.ofType('message')).toHaveLength(3));
  bob.send({ type: 'ack', messageId: 1, status: 'read', ref: 5 });
  bob.send({ type: 'sync', lastMessageId: 0, ref: 6 });
  bob.send({ type: 'presence', status: 'away', ref: 7 });
  bob.send({ type: 'unsubscribe', conversation: 'team', ref: 8 });
  const asked = new Set([...events.keys()].filter((type) => type !== 'closing'));
  await eventually(() => expect(seen()).toEqual(asked));
  void app.terminate();
  await eventually(() => expect(seen()).toEqual(new Set(events.keys())));
  for (const frame of [...alice.frames, ...bob.frames])
    expect([frame, faultsOf(events.get(frame['type'])!, frame)]).toEqual([frame, '']);
}, 60_000);
