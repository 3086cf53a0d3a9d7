import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisServer } from '#testing';
import { conversation, entry, inbox } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import type { Acknowledgement, Engine } from '../port.js';
import { logKeys } from './keys.js';

const suite = RedisServer.available ? describe : describe.skip;

suite('acknowledgements of one turn on one server', () => {
  let server: RedisServer;
  let engine: Engine;
  beforeAll(async () => {
    server = await RedisServer.start();
    engine = createEngine({ kind: 'redis', url: server.url });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
    await server.stop();
  });

  const calls = (): Promise<number> => server.scriptCalls();
  const read = (epoch: string, device?: string): Acknowledgement => ({ device, messageId: 1, epoch, status: 'read' });

  it('take one call for many readers and many logs, and more only beyond 256 readers', async () => {
    const logs = [...Array.from({ length: 50 }, (_, i) => inbox(`user ${i}`)), conversation('team')];
    const stored = await Promise.all(logs.map((log) => engine.log.append(log, [entry('a')])));
    const all = (readers: number) =>
      Promise.all([
        ...logs.map((log, i) => engine.log.acknowledge(log, read(stored[i]?.epoch ?? ''))),
        ...Array.from({ length: readers }, (_, i) =>
          engine.log.acknowledge(logs[50] ?? inbox('none'), read('', `reader ${i}`)),
        ),
      ]);
    await all(1);
    const before = await calls();
    await all(200);
    expect((await calls()) - before).toBe(1);
    await all(700);
    expect((await calls()) - before).toBe(5);
    expect(await engine.log.status(logs[7] ?? inbox('none'))).toMatchObject({ read: 1 });
  });

  it('fail for the log that cannot be written, and for no other', async () => {
    const [broken, whole] = [inbox('broken'), inbox('whole')];
    const { epoch } = await engine.log.append(whole, [entry('a')]);
    await engine.log.append(broken, [entry('a')]);
    await server.withClient((client) => client.set(logKeys(broken).meta, 'not a hash'));
    const [one, two, three] = await Promise.allSettled([
      engine.log.acknowledge(broken, read(epoch)),
      engine.log.acknowledge(whole, read(epoch)),
      engine.log.acknowledge(broken, read(epoch, 'phone')),
    ]);
    for (const result of [one, three])
      expect(result).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('WRONGTYPE') } });
    expect(two).toMatchObject({ status: 'fulfilled', value: { read: 1, readBefore: 0 } });
  });
});
