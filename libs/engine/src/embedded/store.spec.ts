import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { connection, entry, ids } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import { EngineUnavailableError, type Engine, type EngineSettings } from '../port.js';
import { GroupCommit } from './group-commit.js';

const LOG = { kind: 'inbox', id: 'alice' } as const;

describe('the embedded engine’s directory', () => {
  let directory: string;
  let now: number;
  let engines: Engine[];
  const start = async (settings?: Partial<EngineSettings>, where = directory) => {
    const engine = createEngine({ kind: 'embedded', directory: where, settings, now: () => now });
    await engine.start();
    engines.push(engine);
    return engine;
  };
  /** How many entries a table has, seen from outside once the engine has stopped. */
  const count = async (table: string) => {
    const store = open({ path: join(directory, 'logs.mdb'), maxDbs: 4 });
    const entries = store.openDB(table, { keyEncoding: 'binary', encoding: 'binary' }).getKeysCount();
    await store.close();
    return entries;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-store-'));
    now = 1_795_000_000_000;
    engines = [];
  });
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.stop()));
    await rm(directory, { recursive: true, force: true });
  });

  it('keeps logs, cursors and idempotency over a restart; presence and leases end with the process', async () => {
    const before = await start();
    const { epoch } = await before.log.append(LOG, [entry('a', 'bob', '1'), entry('b')]);
    await before.log.acknowledge(LOG, { device: 'phone', messageId: 1, epoch, status: 'delivered' });
    await before.presence.register(connection('alice', 'c1'), 3);
    await before.leases.hold([{ role: 'gateway', id: '01', incarnation: 'first' }], 60_000);
    await before.stop();
    const after = await start();
    expect(await after.log.open(LOG, { device: 'phone', limit: 9 })).toMatchObject({
      epoch,
      cursor: 1,
      lastMessageId: 2,
    });
    const { appended, connections } = await after.log.append(LOG, [entry('a', 'bob', '1'), entry('c')]);
    expect(appended).toMatchObject([{ messageId: 1, duplicate: true }, { messageId: 3 }]);
    expect(connections).toEqual([]);
    expect(await after.leases.hold([{ role: 'gateway', id: '01', incarnation: 'second' }], 1)).toMatchObject({
      held: true,
    });
  });

  it('keeps members, their places and who is known over a restart; subscribers and watchers end with the process', async () => {
    const [general, process] = [
      { kind: 'conversation', id: 'general' } as const,
      { gatewayId: 'gateway-01', incarnation: 'first' },
    ];
    const before = await start();
    for (const user of ['alice', 'bob']) await before.conversations.join('general', user);
    await before.conversations.leave('general', 'bob');
    await before.conversations.subscribe('general', process);
    await before.watchers.add(['alice'], process);
    await before.log.open(LOG, { limit: 1 });
    const { epoch } = await before.log.append(general, [entry('a'), entry('b')]);
    await before.log.acknowledge(general, { device: 'alice', messageId: 1, epoch, status: 'read' });
    await before.stop();
    const after = await start();
    expect(await after.conversations.of('alice')).toEqual([
      { conversation: 'general', lastMessageId: 2, read: 1, timestamp: now },
    ]);
    expect(await after.conversations.of('bob')).toEqual([]);
    expect(await after.log.status(general, 'alice')).toEqual({ epoch, lastMessageId: 2, delivered: 1, read: 1 });
    const { appended, gateways } = await after.log.append(
      general,
      ['alice', 'bob'].map((author) => ({ ...entry('c'), author })),
      { membersOnly: true },
    );
    expect([appended[0]?.messageId, appended[1]?.refused, gateways]).toEqual([3, 'not_member', []]);
    expect(await after.watchers.of('alice')).toEqual([]);
    expect((await after.log.append(LOG, [entry('d')], { onlyKnown: true })).appended).toMatchObject([{ messageId: 1 }]);
  });

  it('belongs to one engine, by whatever path it is reached', async () => {
    const first = await start();
    const alias = `${directory}-alias`;
    await symlink(directory, alias);
    await expect(start({}, directory)).rejects.toThrow(/is in use by this process/);
    await expect(start({}, alias)).rejects.toThrow(/is in use by this process/);
    await rm(alias);
    await first.stop();
    await (await start()).ping(1000);
  });

  it('forgets old idempotency from the disk, a bounded number per append', async () => {
    const engine = await start({ idempotencyWindowMs: 1000 });
    await engine.log.append(
      LOG,
      Array.from({ length: 300 }, (_, i) => entry('a', 'bob', String(i))),
    );
    now += 2000;
    await engine.log.append(LOG, [entry('b', 'bob', 'new')]);
    await engine.stop();
    expect(await count('idempotency')).toBe(300 - 65 + 1);
    const again = await start({ idempotencyWindowMs: 1000 });
    for (let i = 0; i < 5; i++) await again.log.append(LOG, [entry('c')]);
    await again.stop();
    expect(await count('idempotency')).toBe(1);
  });

  it('removes trimmed entries from the disk in bounded steps, and shows none of them meanwhile', async () => {
    const engine = await start({ logMaxAgeMs: 1000 });
    await engine.log.append(
      LOG,
      Array.from({ length: 300 }, () => entry('a')),
    );
    now += 1001;
    expect(await engine.log.read(LOG, 0, 999)).toMatchObject({ firstMessageId: 301, entries: [] });
    await engine.stop();
    expect(await count('entries')).toBe(300 - 64);
    const again = await start({ logMaxAgeMs: 1000 });
    for (let i = 0; i < 5; i++) await again.log.append(LOG, [entry('b')]);
    expect(ids((await again.log.read(LOG, 0, 999)).entries)).toEqual([301, 302, 303, 304, 305]);
    await again.stop();
    expect(await count('entries')).toBe(5);
  });

  it('refuses calls before it is started and after it is stopped, and answers those under way', async () => {
    const engine = createEngine({ kind: 'embedded', directory });
    await expect(engine.log.read(LOG, 0, 1)).rejects.toBeInstanceOf(EngineUnavailableError);
    await engine.start();
    const underWay = engine.log.append(LOG, [entry('a')]);
    await new Promise((turn) => setImmediate(turn));
    await engine.stop();
    expect(await underWay).toMatchObject({ appended: [{ messageId: 1 }] });
    await expect(engine.log.append(LOG, [entry('b')])).rejects.toBeInstanceOf(EngineUnavailableError);
    await expect(engine.ping(10)).rejects.toBeInstanceOf(EngineUnavailableError);
  });

  it('stores all of a group or none of it', async () => {
    const store = open({ path: join(directory, 'group.mdb') });
    const commits = new GroupCommit(store);
    const results = await Promise.allSettled([
      commits.run(() => store.putSync('a', 1)),
      commits.run(() => {
        throw new Error('The disk is full.');
      }),
    ]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'EngineUnavailableError' } });
    }
    expect(await commits.run(() => store.get('a') === undefined)).toBe(true);
    await commits.run(() => store.putSync('a', 2));
    expect(store.get('a')).toBe(2);
    await commits.close();
    await store.close();
  });
});
