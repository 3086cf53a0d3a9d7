import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually, freePort, listening } from '#testing';

/** A server process under measurement. */
export interface Server {
  readonly pid: number;
  readonly port: number;
  /** What it has printed lately. */
  readonly log: () => string;
  stop(): Promise<unknown>;
}

const KEPT = 64 * 1024;

/** Starts one of test/bench/references as a process and waits until it listens. */
export async function startReference(name: string, env: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort();
  const main = fileURLToPath(new URL(`../references/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((done) => child.once('exit', done));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT)));
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`${name} exited with ${child.exitCode}\n${output}`);
    return listening(port);
  });
  return {
    pid: child.pid ?? -1,
    port,
    log: () => output,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
