/**
 * What one stored message costs the engine. After a build: `node dist/test/bench/engine/append.js [seconds per case]`
 * Redis: CPU of its main thread, ours not counted. Batch: entries per append; logs: appends in one turn of the event loop.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine, type NewEntry } from '#engine';
import { RedisServer } from '#testing';

const SECONDS = Number(process.argv[2] ?? 2);
const BODY = Buffer.alloc(100, 'x');
const CASES = [
  { batch: 1, logs: 1 },
  { batch: 1, logs: 32 },
  { batch: 1, logs: 256 },
  { batch: 32, logs: 1 },
  { batch: 32, logs: 8 },
] as const;
type Case = (typeof CASES)[number];

function entries(count: number): NewEntry[] {
  return Array.from({ length: count }, () => ({ body: BODY, idempotency: { sender: 'alice', id: randomUUID() } }));
}

/** Appends for some seconds, turn after turn; returns the number of messages. Each log has a live connection. */
async function load(engine: Engine, { batch, logs }: Case, seconds: number): Promise<number> {
  const ids = Array.from({ length: logs }, (_, i) => ({ kind: 'inbox', id: `user-${batch}-${logs}-${i}` }) as const);
  for (const { id } of ids) {
    const connection = { connectionId: randomUUID(), gatewayId: 'gateway-01', incarnation: randomUUID() };
    await engine.presence.register({ ...connection, userId: id, status: 'online' }, 3);
  }
  let messages = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; messages += batch * logs) {
    await Promise.all(ids.map((log) => engine.log.append(log, entries(batch))));
  }
  return messages;
}

async function serverCpuMicros(server: RedisServer): Promise<number> {
  const info = await server.withClient((client) => client.info('cpu'));
  const seconds = [...info.matchAll(/used_cpu_(?:user|sys)_main_thread:([\d.]+)/g)].map(([, value]) => Number(value));
  return seconds.reduce((a, b) => a + b, 0) * 1e6;
}

async function benchRedis(): Promise<void> {
  const server = await RedisServer.start();
  for (const one of CASES) {
    await server.flushAll();
    const engine = createEngine({ kind: 'redis', url: server.url, settings: { logMaxLength: 1000 } });
    await engine.start();
    await load(engine, one, SECONDS / 4);
    const [before, own] = [await serverCpuMicros(server), process.cpuUsage()];
    const messages = await load(engine, one, SECONDS);
    const [after, used] = [await serverCpuMicros(server), process.cpuUsage(own)];
    report('redis', one, messages, { redis: (after - before) / messages, node: (used.user + used.system) / messages });
    await engine.stop();
  }
  await server.stop();
}

async function benchEmbedded(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
  const engine = createEngine({ kind: 'embedded', directory, settings: { logMaxLength: 1000 } });
  await engine.start();
  for (const one of CASES) {
    const own = process.cpuUsage();
    const messages = await load(engine, one, SECONDS);
    const used = process.cpuUsage(own);
    report('embedded', one, messages, { node: (used.user + used.system) / messages });
  }
  await engine.stop();
  await rm(directory, { recursive: true });
}

interface Conversation {
  readonly id: string;
  readonly members: readonly string[];
}

/** Members, and subscribers on three gateways. */
async function populate(engine: Engine, count: number): Promise<Conversation> {
  const id = `of ${count}`;
  const members = Array.from({ length: count }, (_, i) => `user-${i}`);
  await Promise.all(members.map((member) => engine.conversations.join(id, member)));
  for (const gatewayId of ['gateway-01', 'gateway-02', 'gateway-03'])
    await engine.conversations.subscribe(id, { gatewayId, incarnation: randomUUID() });
  return { id, members };
}

/** Appends for some seconds, each entry of another author, whose membership is looked up in the same step. */
async function converse(
  engine: Engine,
  { id, members }: Conversation,
  batch: number,
  seconds: number,
): Promise<number> {
  let messages = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; messages += batch) {
    const authors = Array.from({ length: batch }, (_, i) => members[((messages + i) * 7919) % members.length] ?? '');
    const written = entries(batch).map((entry, i) => ({ ...entry, author: authors[i] ?? '' }));
    await engine.log.append({ kind: 'conversation', id }, written, { membersOnly: true });
  }
  return messages;
}

async function benchConversations(): Promise<void> {
  const server = await RedisServer.start();
  const engine = createEngine({ kind: 'redis', url: server.url, settings: { logMaxLength: 1000 } });
  await engine.start();
  for (const count of [10, 10_000]) {
    const conversation = await populate(engine, count);
    for (const batch of [1, 32]) {
      await converse(engine, conversation, batch, SECONDS / 4);
      const before = await serverCpuMicros(server);
      const messages = await converse(engine, conversation, batch, SECONDS);
      const micros = ((await serverCpuMicros(server)) - before) / messages;
      console.log(`redis    conversation of ${count}, batch ${batch}: per message: redis ${micros.toFixed(1)} µs`);
    }
  }
  const bytes = await server.withClient((client) =>
    client.memory('USAGE', 'members:{conversation:of 10000}', 'SAMPLES', 0),
  );
  console.log(`members, ids of 9 characters: ${((bytes ?? 0) / 10_000).toFixed(0)} B a member`);
  await engine.stop();
  await server.stop();
}

/** Memory that idempotency takes: one hash of a window, many entries. */
async function measureMemory(): Promise<void> {
  const server = await RedisServer.start();
  const engine = createEngine({ kind: 'redis', url: server.url });
  await engine.start();
  const count = 100_000;
  for (let i = 0; i < count; i += 500) await engine.log.append({ kind: 'inbox', id: 'bob' }, entries(500));
  const bytes = await server.withClient(async (client) => {
    const [key = ''] = await client.keys('idem:*');
    return client.memory('USAGE', key, 'SAMPLES', 0);
  });
  console.log(`idempotency, ids of 36 characters, senders of 5: ${((bytes ?? 0) / count).toFixed(0)} B per message`);
  await engine.stop();
  await server.stop();
}

function report(engine: string, { batch, logs }: Case, messages: number, micros: Record<string, number>): void {
  const costs = Object.entries(micros).map(([who, us]) => `${who} ${us.toFixed(1)} µs`);
  const rate = Math.round(messages / SECONDS);
  console.log(`${engine.padEnd(8)} batch ${batch}, logs ${logs}: ${rate} messages/s; per message: ${costs.join(', ')}`);
}

await benchRedis();
await benchConversations();
await benchEmbedded();
await measureMemory();
