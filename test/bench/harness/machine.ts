import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

/** What others did on this machine when the run began. */
const [loadBefore = 0] = loadavg();

/** What a run ran on, in a sentence. */
export function machine(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const redis = /v=(\S+)/.exec(output('redis-server', '--version'))?.[1] ?? '?';
  const library = (name: string): string => {
    const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string };
    return `${name} ${version}`;
  };
  const libraries = [
    'ws',
    'ioredis',
    '@nestjs/core',
    'socket.io',
    '@socket.io/redis-adapter',
    '@socket.io/redis-streams-adapter',
  ];
  return (
    `${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB, ${type()} ${release().split('-')[0]} ${arch()}; Node ${process.versions.node}, ` +
    `Redis ${redis}; ${libraries.map(library).join(', ')}. ${occasion()}`
  );
}

/** When it ran, on what, and what else went on. */
export function occasion(): string {
  const commit = output('git', 'rev-parse', '--short', 'HEAD');
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, commit ${commit}; load average before the run ${loadBefore.toFixed(1)}.`;
}

const output = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' }).trim();
