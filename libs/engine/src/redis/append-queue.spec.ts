import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisServer } from '#testing';
import { bodies, entry, ids, inbox } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import type { Engine, NewEntry } from '../port.js';

const suite = RedisServer.available ? describe : describe.skip;

suite('appends of one turn on one server', () => {
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
  const batch = (size: number, name: string): NewEntry[] =>
    Array.from({ length: size }, (_, i) => entry(`${name} ${i}`, 'bob', `${name} ${i}`));

  it('take one call for many logs, and more only beyond 256 entries', async () => {
    const logs = Array.from({ length: 60 }, (_, i) => inbox(`many ${i}`));
    const all = (size: number, name: string) =>
      Promise.all(logs.map((log) => engine.log.append(log, batch(size, name))));
    await all(1, 'first');
    const before = await calls();
    await all(4, 'one call');
    expect((await calls()) - before).toBe(1);
    await all(10, 'three calls');
    expect((await calls()) - before).toBe(4);
  });

  // Interleaving: two calls are under way → more comes for logs of theirs and for logs that wait → the first call is answered.
  it('wait behind two calls under way, in the order of their logs, and those of one log together', async () => {
    const [busy, waiting, last] = [inbox('busy'), inbox('waiting'), inbox('last')];
    const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
    const before = await calls();
    const appends = [engine.log.append(busy, batch(250, 'a'))];
    await turn();
    appends.push(engine.log.append(busy, batch(250, 'b')));
    await turn();
    for (const [log, size, name] of [
      [busy, 200, 'c'],
      [waiting, 50, 'd'],
      [last, 100, 'e'],
      [busy, 5, 'f'],
      [waiting, 1, 'b 249'],
    ] as const) {
      appends.push(engine.log.append(log, batch(size, name)));
    }
    const results = await Promise.all(appends);
    expect(results.map(({ appended }) => [appended[0]?.messageId, appended.at(-1)?.messageId])).toEqual([
      [1, 250],
      [251, 500],
      [501, 700],
      [1, 50],
      [1, 100],
      [701, 705],
      [51, 51],
    ]);
    expect((await calls()) - before).toBe(4);
    const { entries } = await engine.log.read(busy, 495, 1000);
    expect(ids(entries)).toEqual(Array.from({ length: 210 }, (_, i) => 496 + i));
    expect(bodies(entries.slice(3, 7))).toEqual(['b 248', 'b 249', 'c 0', 'c 1']);
  });

  it('know a repetition in the middle of those that share an entry, and of another log not', async () => {
    const [one, other] = [inbox('one'), inbox('other')];
    const written = batch(5, 'x');
    const again = [...batch(2, 'y'), written[3]!, ...batch(3, 'z'), ...batch(2, 'y')];
    await engine.log.append(one, written);
    const [repeated, fresh] = await Promise.all([engine.log.append(one, again), engine.log.append(other, again)]);
    const outcome = ({ appended }: typeof fresh) => appended.map(({ messageId, duplicate }) => [messageId, duplicate]);
    expect(outcome(repeated)).toEqual([
      [6, false],
      [7, false],
      [4, true],
      [8, false],
      [9, false],
      [10, false],
      [6, true],
      [7, true],
    ]);
    expect(outcome(fresh).slice(0, 4)).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, false],
    ]);
    expect(outcome(fresh).slice(6)).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(bodies((await engine.log.read(one, 5, 10)).entries)).toEqual(['y 0', 'y 1', 'z 0', 'z 1', 'z 2']);
  });
});
