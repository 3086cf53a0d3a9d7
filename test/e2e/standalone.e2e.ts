import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AppProcess, WireClient, eventually, freePort } from '#testing';

describe('everything in one process on the embedded engine', () => {
  let directory: string;
  let port: number;
  let app: AppProcess;
  const start = async (): Promise<void> => {
    app = await AppProcess.spawn('standalone', port, { DATA_DIR: directory }).ready();
  };
  const connect = async (): Promise<WireClient> => WireClient.connect(`ws://127.0.0.1:${port}/ws`);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-standalone-'));
    port = await freePort();
    await start();
  });
  afterEach(async () => {
    await app.kill();
    await rm(directory, { recursive: true, force: true });
  });

  test('alice and bob talk', async () => {
    const [alice, bob] = await Promise.all([connect(), connect()]);
    await alice.register('alice');
    await bob.register('bob');
    alice.send({ type: 'message', to: 'bob', content: 'hello', id: '1' });
    expect(await bob.next()).toMatchObject({ type: 'message', from: 'alice', content: 'hello', messageId: 1 });
    expect(await alice.next()).toMatchObject({ type: 'accepted', messageId: 1, id: '1' });
    bob.send({ type: 'message', to: 'alice', content: 'hi' });
    expect(await alice.next()).toMatchObject({ type: 'message', from: 'bob', content: 'hi' });
  });

  test.each(['terminate', 'kill'] as const)(
    'bob is away, alice writes, the server ends by %s and starts again: bob has it, once',
    async (how) => {
      const alice = await connect();
      await alice.register('alice');
      alice.send({ type: 'message', to: 'bob', content: 'while you were out', id: '1' });
      expect(await alice.next()).toMatchObject({ type: 'accepted', messageId: 1 });
      await app[how]();
      await start();
      const bob = await connect();
      expect(await bob.register('bob')).toMatchObject({ lastMessageId: 1, resumed: true });
      expect(await bob.next()).toMatchObject({ type: 'message', from: 'alice', content: 'while you were out' });
      const again = await connect();
      await again.register('alice');
      again.send({ type: 'message', to: 'bob', content: 'while you were out', id: '1' });
      expect(await again.next()).toMatchObject({ type: 'accepted', messageId: 1, duplicate: true });
      await bob.close();
      const back = await connect();
      await back.register('bob');
      again.send({ type: 'message', to: 'bob', content: 'fresh', id: '2' });
      expect(await back.next()).toMatchObject({ type: 'message', content: 'fresh', messageId: 2 });
      await eventually(() => expect(back.ofType('message')).toHaveLength(1));
    },
    60_000,
  );
});
