import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { root } from './root.mjs';

/*
 * npm run audit: known faults in what is installed in production. Exit code 1 where there are any. Not every registry answers audit requests:
 * where none does, that is said loudly and nothing fails, since nothing was found out.
 */

const args = ['audit', '--omit=dev', '--json'];
const npm = process.env.npm_execpath ?? '';
const [command, first] = npm.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []];
const { stdout, stderr, error } = spawnSync(command, [...first, ...args], { cwd: root, encoding: 'utf8' });
if (error) throw error;

/** What npm printed; undefined where it is no report. */
function reportIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const report = reportIn(stdout);
const found = report?.metadata?.vulnerabilities;
if (found === undefined) {
  const reason = report?.message ?? report?.error?.summary ?? stderr.trim().split('\n').at(0);
  process.stderr.write(`\n!!! NOT AUDITED: the registry did not answer the audit request (${reason})\n\n`);
} else {
  for (const [name, { severity, range, via }] of Object.entries(report.vulnerabilities)) {
    const titles = via.map((cause) => (typeof cause === 'string' ? `by ${cause}` : `${cause.title} ${cause.url}`));
    process.stderr.write(`${severity}: ${name} ${range}: ${titles.join('; ')}\n`);
  }
  process.stdout.write(`${found.total} known vulnerabilities in production dependencies\n`);
  process.exitCode = found.total === 0 ? 0 : 1;
}
