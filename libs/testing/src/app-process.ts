import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventually } from './eventually.js';
import { UNLIMITED } from './unlimited.js';

export type AppName = 'gateway' | 'presence' | 'router' | 'standalone';

const OUTPUT_KEPT = 64 * 1024;

/** One app as its own operating-system process, run from the build (`npm run build` first) as its image runs it. */
export class AppProcess {
  private output = '';
  private kept = OUTPUT_KEPT;
  private readonly exit: Promise<number | NodeJS.Signals>;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly child: ChildProcess,
  ) {
    this.exit = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal ?? -1)));
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-this.kept);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** Starts it, unlimited but for what `env` says, which replaces the environment but for PATH. Does not wait: see `ready`. */
  static spawn(app: AppName, port: number, env: Readonly<Record<string, string>>): AppProcess {
    const child = spawn(process.execPath, commandOf(app), {
      env: { PATH: process.env['PATH'], PORT: String(port), LOG_LEVEL: 'info', ...UNLIMITED, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new AppProcess(env['INSTANCE_ID'] ?? app, port, child);
  }

  /** From now on nothing of what it prints is dropped. */
  keepAll(): this {
    this.kept = Infinity;
    return this;
  }

  /** What it has printed lately, stdout and stderr. */
  get log(): string {
    return this.output;
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Whether the process is there, be it frozen. */
  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What it prints from now on is also appended to this file. */
  logTo(path: string): void {
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => appendFileSync(path, chunk));
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Resolves once `/health/ready` says so; fails with its output when it exits before or does not get there. */
  async ready(timeoutMs = 45_000): Promise<this> {
    const wait = eventually(
      async () => {
        if (this.child.exitCode !== null) return;
        const answer = await fetch(this.url('/health/ready'));
        if (!answer.ok) throw new Error(`not ready: ${answer.status} ${await answer.text()}`);
      },
      { timeoutMs, everyMs: 50 },
    );
    try {
      await wait;
      if (this.child.exitCode !== null) throw new Error(`exited with ${this.child.exitCode}`);
    } catch (error) {
      throw new Error(`${this.name}: ${String(error)}\n${this.output}`, { cause: error });
    }
    return this;
  }

  async json(path: string): Promise<Record<string, unknown>> {
    const answer = await fetch(this.url(path));
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Its exit code, or the signal that ended it. */
  async exited(): Promise<number | NodeJS.Signals> {
    return this.exit;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await this.signal('SIGKILL');
  }

  /** Asks it to stop in an orderly way and waits for it; returns its exit code. */
  async terminate(): Promise<number | NodeJS.Signals> {
    return this.signal('SIGTERM');
  }

  /** Freezes it: its sockets stay open, nothing is answered. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  private async signal(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (this.running) this.child.kill(signal);
    return this.exit;
  }
}

/** What its Dockerfile has Node run, with Node's own flags. */
function commandOf(app: AppName): string[] {
  const file = resolve('apps', app, 'Dockerfile');
  const [, command] = /^CMD (\[.*\])$/m.exec(readFileSync(file, 'utf8')) ?? [];
  if (command === undefined) throw new Error(`${file} has no command`);
  return (JSON.parse(command) as string[]).slice(1);
}
