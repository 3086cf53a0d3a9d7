import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, RedisServer } from '#testing';
import { engineSuite } from '../contract/engine.suite.js';
import { redisHarness } from './harness.js';
import { conversationKeys, escapeId, logKeys, membershipsKey, watchersKey } from './keys.js';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

/** A cluster of one node, which refuses calls on keys of several slots as any cluster does. */
suite('the engine on a Redis cluster', () => {
  let child: ChildProcess;
  let admin: Redis;
  let directory: string;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    directory = await mkdtemp(join(tmpdir(), 'switchboard-cluster-'));
    const binary = process.env['SWITCHBOARD_REDIS_SERVER'] ?? 'redis-server';
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory];
    // The bus would listen on port + 10,000, which may be too high or taken.
    args.push(
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(await freePort()),
      '--cluster-announce-ip',
      '127.0.0.1',
    );
    child = spawn(binary, args, { stdio: 'ignore' });
    admin = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 });
    admin.on('error', () => undefined);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually(async () => expect(await admin.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'));
  });

  it('finds all keys of one user, or one conversation, in one slot, whatever the id', async () => {
    const slots = (keys: readonly string[]) => Promise.all(keys.map((key) => admin.call('CLUSTER', 'KEYSLOT', key)));
    const id = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: fc.constantFrom('{', '}', '%', ':', 'a') }),
    );
    await fc.assert(
      fc.asyncProperty(id, fc.constantFrom('inbox' as const, 'conversation' as const), async (name, kind) => {
        const { owner, log, meta } = logKeys({ kind, id: name });
        const { members, subscribers } = conversationKeys(name);
        const more = kind === 'inbox' ? [watchersKey(name), membershipsKey(name)] : [members, subscribers];
        const [slot, ...others] = await slots([owner, log, meta, `idem:{${owner}}:20778`, ...more]);
        expect(others).toEqual(others.map(() => slot));
      }),
      { numRuns: 500 },
    );
  });

  it('makes two ids two keys', () => {
    const id = fc.string({ unit: fc.constantFrom('{', '}', '%', '7', 'B', 'D', '%7B'), maxLength: 8 });
    fc.assert(
      fc.property(id, id, (a, b) => (a === b) === (escapeId(a) === escapeId(b))),
      { numRuns: 2000 },
    );
  });

  engineSuite(
    redisHarness(() => ({
      url: `redis+cluster://127.0.0.1:${port}`,
      now: async () => {
        const [seconds, micros] = (await admin.time()).map(Number);
        return (seconds ?? 0) * 1000 + Math.floor((micros ?? 0) / 1000);
      },
      flushAll: async () => void (await admin.flushall()),
      eventually,
    })),
  );

  afterAll(async () => {
    admin.disconnect();
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
    await rm(directory, { recursive: true, force: true });
  });
});
