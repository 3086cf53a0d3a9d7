import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEcho } from './echo-server.js';

/*
 * npm run autobahn [-- CASES…]: the Autobahn test suite (a Python 2 program) against the gateway's WebSocket adapter. Python: AUTOBAHN_PYTHON,
 * else python2.7; the suite is installed into a temporary folder, or taken from AUTOBAHN_SITE.
 */

const PYTHON = process.env['AUTOBAHN_PYTHON'] ?? 'python2.7';
const PORT = 9_001;
/** Compression is off, by design: its cases would be skipped one by one. */
const WITHOUT = ['12.*', '13.*'];

async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const code = await new Promise((done, fail) => child.once('exit', done).once('error', fail));
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}`);
}

async function install(directory: string): Promise<string> {
  const site = process.env['AUTOBAHN_SITE'] ?? join(directory, 'site');
  if (process.env['AUTOBAHN_SITE']) return site;
  await run(PYTHON, ['-m', 'pip', 'install', '-q', '--target', site, 'autobahntestsuite==25.10.1']);
  // Installed into a folder of its own, this namespace package is none without it.
  await writeFile(join(site, 'zope', '__init__.py'), '');
  return site;
}

/** 4 MiB in 16,385 fragments and more: the adapter takes 16,384 of one message, then closes with 1008. A limit that is meant to be there. */
const LIMITED = ['9.3.1', '9.3.2', '9.4.1', '9.4.2'];

interface Result {
  readonly behavior: string;
  readonly behaviorClose: string;
}

/** Prints the cases by what came of them; true: none failed but those that must. */
async function report(directory: string): Promise<boolean> {
  const text = await readFile(join(directory, 'index.json'), 'utf8');
  const results = (JSON.parse(text) as Record<string, Record<string, Result>>)['switchboard'] ?? {};
  const byResult = new Map<string, string[]>();
  for (const [name, result] of Object.entries(results)) {
    const key = resultOf(name, result);
    byResult.set(key, [...(byResult.get(key) ?? []), name]);
  }
  for (const [result, names] of byResult)
    process.stdout.write(`${result}: ${names.length}${result === 'OK' ? '' : ` (${names.join(' ')})`}\n`);
  return byResult.size > 0 && ![...byResult.keys()].some((result) => result.startsWith('FAILED'));
}

function resultOf(name: string, { behavior, behaviorClose }: Result): string {
  const failed = behavior === 'FAILED' || behaviorClose === 'FAILED';
  if (LIMITED.includes(name)) return failed ? 'MORE FRAGMENTS THAN ALLOWED' : 'FAILED to hold the limit on fragments';
  if (behavior === behaviorClose || behaviorClose === 'OK') return behavior;
  return failed ? `FAILED: ${behavior}, close ${behaviorClose}` : `${behavior}, close ${behaviorClose}`;
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'switchboard-autobahn-'));
  const given = process.argv.slice(2);
  const spec = {
    outdir: directory,
    servers: [{ agent: 'switchboard', url: `ws://127.0.0.1:${PORT}/ws`, options: { version: 18 } }],
    cases: given.length > 0 ? given : ['*'],
    'exclude-cases': given.length > 0 ? [] : WITHOUT,
    'exclude-agent-cases': {},
  };
  const echo = await startEcho(PORT);
  try {
    const site = await install(directory);
    await writeFile(join(directory, 'spec.json'), JSON.stringify(spec));
    const program = 'from autobahntestsuite import wstest; wstest.run()';
    const args = ['-c', program, '-m', 'fuzzingclient', '-s', join(directory, 'spec.json')];
    await run(PYTHON, args, { PYTHONPATH: site });
    if (!(await report(directory))) process.exitCode = 1;
  } finally {
    await echo.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
