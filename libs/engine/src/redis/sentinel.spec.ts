import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, RedisServer } from '#testing';
import { entry, inbox } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import { EngineUnavailableError } from '../port.js';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

/** A primary, its replica and one Sentinel that decides alone. */
suite('the engine behind Sentinel', () => {
  let directory: string;
  let children: ChildProcess[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-sentinel-'));
    children = [];
  });
  afterEach(async () => {
    await Promise.all(children.map(kill));
    await rm(directory, { recursive: true, force: true });
  });

  async function launch(...args: string[]): Promise<ChildProcess> {
    const binary = process.env['SWITCHBOARD_REDIS_SERVER'] ?? 'redis-server';
    const child = spawn(binary, args, { stdio: 'ignore', cwd: directory });
    children.push(child);
    await new Promise((done, fail) => child.once('spawn', done as () => void).once('error', fail));
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  async function tell(port: number, ...command: [string, ...string[]]): Promise<string> {
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return String(await client.call(...command));
    } finally {
      client.disconnect();
    }
  }

  it('follows the primary when it fails', async () => {
    const [first, second, sentinel] = [await freePort(), await freePort(), await freePort()];
    const base = ['--bind', '127.0.0.1', '--save', ''];
    const primary = await launch('--port', String(first), ...base);
    await launch('--port', String(second), ...base, '--replicaof', `127.0.0.1 ${first}`);
    await eventually(async () => expect(await tell(second, 'INFO', 'replication')).toContain('master_link_status:up'));
    const rules = ['down-after-milliseconds mymaster 300', 'failover-timeout mymaster 3000'].map(
      (r) => `sentinel ${r}`,
    );
    const lines = [`port ${sentinel}`, 'bind 127.0.0.1', `sentinel monitor mymaster 127.0.0.1 ${first} 1`, ...rules];
    await writeFile(join(directory, 'sentinel.conf'), `${lines.join('\n')}\n`);
    await launch(join(directory, 'sentinel.conf'), '--sentinel');
    await eventually(async () =>
      expect(await tell(sentinel, 'SENTINEL', 'REPLICAS', 'mymaster')).toContain(String(second)),
    );

    const engine = createEngine({ kind: 'redis', url: `redis+sentinel://127.0.0.1:${sentinel}/mymaster` });
    await engine.start();
    const log = inbox('alice');
    const before = await engine.log.append(log, [entry('a', 'bob', '1')]);
    await eventually(async () =>
      expect(await tell(second, 'EXISTS', `meta:{presence:${log.id.replaceAll(/[{}%]/g, encodeURIComponent)}}`)).toBe(
        '1',
      ),
    );
    await kill(primary);
    await eventually(() => expect(engine.ping(500)).rejects.toBeInstanceOf(EngineUnavailableError));
    const after = await eventually(() => engine.log.append(log, [entry('a', 'bob', '1'), entry('b')]), {
      timeoutMs: 20_000,
    });
    expect(after).toMatchObject({
      epoch: before.epoch,
      appended: [{ messageId: 1, duplicate: true }, { messageId: 2 }],
    });
    await engine.stop();
  });
});
