import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer, eventually, freePort } from '#testing';

/** The fixture as a process of its own, from the build. */
class Fixture {
  output = '';
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, ['dist/libs/service/src/run-service.fixture.js'], {
      env: { PATH: process.env['PATH'], PORT: '0', INSTANCE_ID: 'it', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exit = new Promise((done) => this.child.once('close', (code) => done(code)));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async said(text: string | RegExp): Promise<void> {
    await eventually(() => expect(this.output).toMatch(text), { timeoutMs: 20_000 });
  }
}

describe('a service as a process', () => {
  let directory: string;
  let running: Fixture[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-service-'));
    running = [];
  });
  afterEach(async () => {
    for (const fixture of running) fixture.kill('SIGKILL');
    await Promise.all(running.map((fixture) => fixture.exit));
    await rm(directory, { recursive: true, force: true });
  });
  const start = (env: NodeJS.ProcessEnv = {}): Fixture => {
    const fixture = new Fixture({ DATA_DIR: directory, ...env });
    running.push(fixture);
    return fixture;
  };

  // Once an AsyncLocalStorage has run anything (a logger for each request), Node 20 tracks every promise for as long as the process lives.
  test('does not make promises dearer by answering requests', async () => {
    const fixture = start({ FIXTURE: 'request', ENGINE: 'embedded', CARRIER: 'local' });
    await fixture.said('different promise ids: 1');
  });

  test('names everything that is wrong with its environment on stderr, without secrets, and exits 1', async () => {
    const fixture = start({ PORT: 'x', LOG_LEVEL: 'loud', API_KEY: 'too short' });
    expect(await fixture.exit).toBe(1);
    expect(fixture.output).toMatch(
      /^switchboard standalone cannot start:\nPORT=x is not allowed; allowed: .*\nLOG_LEVEL=loud/,
    );
    expect(fixture.output).toContain('API_KEY=(hidden)');
    expect(fixture.output).not.toContain('too short');
  });

  test('says in one line a log that it is ready and where, and warns of what is odd', async () => {
    const fixture = start({ REDISURL: 'x' });
    await fixture.said('ready: http://127.0.0.1:');
    const lines = fixture.output
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', msg: 'REDISURL is not known here; is REDIS_URL meant?' }),
      expect.objectContaining({ level: 'warn', msg: expect.stringContaining('AUTH_MODE=none') }),
      expect.objectContaining({ level: 'info', app: 'standalone', instance: 'it', url: expect.any(String) }),
    ]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s drains and closes before the engine stops, and exits 0',
    async (signal) => {
      const fixture = start();
      await fixture.said('ready');
      fixture.kill(signal);
      expect(await fixture.exit).toBe(0);
      // The log has a writer of its own: what it says of the signal may come after what the process prints.
      const stopping = new RegExp(`^.*"msg":"${signal}: stopping".*\\n`, 'm');
      expect(fixture.output).toMatch(stopping);
      expect(fixture.output.replace(stopping, '')).toMatch(
        /drained while the engine was there\n[^]*closed while the engine was there\n$/,
      );
    },
  );

  test('takes the echo of a signal for the signal, and a later one for impatience: exit 1', async () => {
    const fixture = start({ FIXTURE: 'hang' });
    await fixture.said('ready');
    fixture.kill('SIGINT');
    fixture.kill('SIGINT');
    await fixture.said('drained');
    const insist = setInterval(() => fixture.kill('SIGINT'), 100);
    expect(await fixture.exit).toBe(1);
    clearInterval(insist);
    expect(fixture.output).toContain('SIGINT again while stopping');
  });

  test('whose stop hangs gives it up and exits 1', async () => {
    const fixture = start({ FIXTURE: 'hang' });
    await fixture.said('ready');
    fixture.kill('SIGTERM');
    expect(await fixture.exit).toBe(1);
    expect(fixture.output).toContain('not stopped after');
  });

  test.each([
    ['throw', 'nobody caught this'],
    ['reject', 'nobody awaited this'],
  ])('logs an error that nobody handled and exits 1 (%s)', async (FIXTURE, text) => {
    const fixture = start({ FIXTURE });
    expect(await fixture.exit).toBe(1);
    const last: unknown = JSON.parse(fixture.output.trim().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ level: 'fatal', err: { message: text, stack: expect.any(String) } });
  });

  test('whose port is taken says so and exits 1', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => holder.once('listening', done));
    const { port } = holder.address() as { port: number };
    const fixture = start({ PORT: String(port) });
    expect(await fixture.exit).toBe(1);
    expect(fixture.output).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    await new Promise((done) => holder.close(done));
  });

  test('whose data belongs to another process says so and exits 1', async () => {
    await start().said('ready');
    const second = start();
    expect(await second.exit).toBe(1);
    expect(second.output).toContain(`${directory} is in use by`);
  });
});

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;

withRedis('a service on Redis', () => {
  let redis: RedisServer;
  let running: Fixture[];
  beforeEach(async () => {
    redis = await RedisServer.start();
    running = [];
  });
  afterEach(async () => {
    for (const fixture of running) fixture.kill('SIGKILL');
    await Promise.all(running.map((fixture) => fixture.exit));
    await redis.stop();
  });
  const start = async (env: NodeJS.ProcessEnv = {}): Promise<[Fixture, (path: string) => Promise<number>]> => {
    const port = await freePort();
    const fixture = new Fixture({
      ENGINE: 'redis',
      CARRIER: 'redis',
      REDIS_URL: redis.url,
      PORT: String(port),
      ...env,
    });
    running.push(fixture);
    return [fixture, async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status];
  };

  test('that is away at the start is alive but not ready, says so, and is ready once Redis comes', async () => {
    await redis.kill();
    const [fixture, status] = await start();
    await fixture.said('the engine is away, trying again');
    expect(await status('/health/live')).toBe(200);
    expect(await status('/health/ready')).toBe(503);
    expect(await status('/health')).toBe(503);
    await redis.restart();
    await fixture.said('ready: http');
    await eventually(async () => expect(await status('/health/ready')).toBe(200));
    expect(await status('/health')).toBe(200);
  });

  test('that is away can be stopped while it waits: exit 0', async () => {
    await redis.kill();
    const [fixture] = await start();
    await fixture.said('the engine is away, trying again');
    fixture.kill('SIGTERM');
    expect(await fixture.exit).toBe(0);
    expect(fixture.output).not.toContain('fatal');
  });

  test('whose id a live instance holds says so and exits 1; the holder never notices', async () => {
    const [holder, status] = await start();
    await holder.said('ready');
    const [second] = await start();
    expect(await second.exit).toBe(1);
    expect(second.output).toContain('INSTANCE_ID it is held by another instance');
    expect(await status('/health/ready')).toBe(200);
  });

  test('whose id its crashed predecessor held takes it over once that lease has run out', async () => {
    const [first] = await start();
    await first.said('ready');
    first.kill('SIGKILL');
    await first.exit;
    const [second] = await start();
    await second.said('INSTANCE_ID it is held by another instance');
    await second.said('ready');
  });
});
