import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AppProcess, eventually, freePort } from '#testing';

const BIN = resolve('apps/cli/bin/switchboard.mjs');

/** The command line client as its own process, and what it has said. */
class Cli {
  out = '';
  err = '';
  readonly exited: Promise<number | null>;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.exited = new Promise((done) => child.once('close', done));
  }

  static run(port: number, ...args: string[]): Cli {
    return new Cli(spawn(process.execPath, [BIN, ...args], { env: envFor(port) }));
  }

  /** The same with a terminal of its own, as a person has it; what it shows comes on `out`. */
  static inTerminal(port: number, ...args: string[]): Cli {
    const command = [process.execPath, BIN, ...args].join(' ');
    return new Cli(spawn('script', ['-qec', command, '/dev/null'], { env: { ...envFor(port), TERM: 'xterm' } }));
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  end(text = ''): void {
    this.child.stdin.end(text);
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  async said(text: string, where: 'out' | 'err' = 'out'): Promise<void> {
    await eventually(() => expect(this[where]).toContain(text), { timeoutMs: 20_000 });
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

const envFor = (port: number) => ({
  PATH: process.env['PATH'],
  SHELL: '/bin/sh',
  SWITCHBOARD_GATEWAY: `ws://127.0.0.1:${port}/ws`,
});

describe('the command line client', () => {
  let directory: string;
  let port: number;
  let app: AppProcess;
  const started: Cli[] = [];
  const keep = (cli: Cli): Cli => {
    started.push(cli);
    return cli;
  };
  const run = (...args: string[]): Cli => keep(Cli.run(port, ...args));
  const serve = async (): Promise<void> => {
    app = await AppProcess.spawn('standalone', port, { DATA_DIR: directory }).ready();
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-cli-'));
    port = await freePort();
    await serve();
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((cli) => cli.kill()));
    await app.kill();
    await rm(directory, { recursive: true, force: true });
  });

  test('alice and bob talk, and each sees what the other wrote and what was accepted', async () => {
    const [alice, bob] = [run('chat', '--user', 'alice'), run('chat', '--user', 'bob')];
    alice.type('bob: hello\n');
    await bob.said('alice: hello\n');
    await alice.said('✓ bob: hello\n', 'err');
    bob.end('alice: hi\n');
    await alice.said('bob: hi\n');
    expect(await bob.exited).toBe(0);
    alice.end();
    expect(await alice.exited).toBe(0);
  });

  test('bob is away, alice sends, bob comes back and has it; the same id twice is stored once', async () => {
    const once = run('send', '--user', 'alice', '--to', 'bob', '--id', 'm1', 'while you were out');
    expect(await once.exited).toBe(0);
    expect(once.err).toBe('✓ bob #1\n');
    const again = run('send', '--user', 'alice', '--to', 'bob', '--id', 'm1', 'while you were out');
    expect(await again.exited).toBe(0);
    expect(again.err).toBe('✓ bob #1 (had it already)\n');
    const bob = run('listen', '--user', 'bob', '--json');
    await bob.said('\n');
    bob.interrupt();
    expect(await bob.exited).toBe(0);
    expect(JSON.parse(bob.out)).toMatchObject({ from: 'alice', content: 'while you were out', messageId: 1, id: 'm1' });
  });

  test('the server crashes and comes back: both reconnect by themselves, and what was typed meanwhile arrives', async () => {
    const [alice, bob] = [run('chat', '--user', 'alice'), run('chat', '--user', 'bob')];
    alice.type('bob: before\n');
    await bob.said('alice: before\n');
    await alice.said('✓ bob: before\n', 'err');
    await app.kill();
    await Promise.all([alice.said('connection lost', 'err'), bob.said('connection lost', 'err')]);
    alice.type('bob: meanwhile\n');
    await serve();
    await Promise.all([alice.said('connected again', 'err'), bob.said('connected again', 'err')]);
    await bob.said('alice: meanwhile\n');
    await alice.said('✓ bob: meanwhile\n', 'err');
    alice.end('bob: after\n');
    expect(await alice.exited).toBe(0);
    await bob.said('alice: after\n');
    expect(bob.out).toBe('alice: before\nalice: meanwhile\nalice: after\n');
  }, 60_000);

  test('many lines from a pipe arrive all, once and in order', async () => {
    const lines = Array.from({ length: 500 }, (_, n) => `line ${n}`);
    const alice = run('chat', '--user', 'alice');
    alice.end(lines.map((line) => `bob: ${line}\n`).join(''));
    expect(await alice.exited).toBe(0);
    const bob = run('listen', '--user', 'bob');
    await bob.said('line 499\n');
    expect(bob.out).toBe(lines.map((line) => `alice: ${line}\n`).join(''));
  });

  (process.platform === 'linux' ? test : test.skip)(
    'in a terminal: Ctrl-C leaves in order, with exit code 0',
    async () => {
      const alice = keep(Cli.inTerminal(port, 'chat', '--user', 'alice'));
      await alice.said('as alice');
      alice.type('bob: hello\r');
      await alice.said('✓ bob: hello');
      alice.type('\u0003');
      expect(await alice.exited).toBe(0);
      await eventually(async () =>
        expect(await app.json('/stats')).toMatchObject({ connections: 0, closed: { 1000: 1 } }),
      );
    },
  );

  test('what goes wrong is said, and told by the exit code', async () => {
    const nobody = await freePort();
    const cases: [args: string[], code: number, said: string][] = [
      [['chat', '--user', 'alice', '--gateway', 'localhost:8080'], 2, 'no ws: or wss: address'],
      [['chat', '--user', 'alice', '--gateway', `ws://localhost:${nobody}/ws`], 3, 'ECONNREFUSED'],
      [['chat', '--user', 'alice', '--gateway', `ws://localhost:${port}/elsewhere`], 3, '404'],
      [['chat', '--user', 'x'.repeat(129)], 2, 'userId must be 1 to 128 characters'],
      [['chat'], 2, "required option '--user <id>'"],
      [['send', '--user', 'alice', '--to', '', 'x'], 2, 'to must be 1 to 128 characters'],
    ];
    for (const [args, code, said] of cases) {
      const cli = run(...args);
      cli.end();
      expect([await cli.exited, cli.err]).toEqual([code, expect.stringContaining(said)]);
    }
    const unclear = run('chat', '--user', 'alice');
    unclear.end('hello\n');
    expect(await unclear.exited).toBe(1);
    expect(unclear.err).toContain('"bob: hello"');
  });
});
