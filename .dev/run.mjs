import { spawnSync } from 'node:child_process';
import { root } from './root.mjs';

/** Runs a command in the root, its output ours; returns its exit code (1 where a signal ended it). */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error) throw error;
  return status ?? 1;
}

/** As `run`, and ends this process with the command's code where that is not 0. */
export function must(command, args, env) {
  const code = run(command, args, env);
  if (code !== 0) process.exit(code);
}

/** Whether the command ran and exited 0; prints nothing. */
export function succeeds(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'ignore' }).status === 0;
}

/** What the command printed; fails where it does. */
export function output(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
