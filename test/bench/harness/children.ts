import { readFileSync } from 'node:fs';

/** Pids of the processes that this one has started and that still run. */
function children(): number[] {
  const { pid } = process;
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return pids.split(' ').filter(Boolean).map(Number);
}

/** However this process ends, nothing that it started stays behind: servers and load generators are its direct children, all of them. */
export function leaveNothingBehind(): void {
  process.on('exit', () => {
    for (const pid of children()) process.kill(pid, 'SIGKILL');
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
}
