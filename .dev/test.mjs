import './node-version.mjs';
import { readFileSync } from 'node:fs';
import { findRedis } from './redis.mjs';
import { SOURCES, filesUnder, inRoot } from './root.mjs';
import { run } from './run.mjs';
import { setUp } from './set-up.mjs';

/** How many suites ask whether there is a Redis. */
function suitesWithRedis() {
  const suites = SOURCES.flatMap((folder) => filesUnder(inRoot(folder))).filter((file) =>
    /\.(spec|e2e)\.ts$/.test(file),
  );
  return suites.filter((file) => /RedisServer\.(available|own)/.test(readFileSync(file, 'utf8'))).length;
}

function withoutRedis() {
  const sources = 'REDIS_URL, redis-server or valkey-server on the PATH, Docker, apt-get as root';
  process.stderr.write(
    `\n!!! SKIPPED: ${suitesWithRedis()} test suites need a Redis; none can be had (${sources})\n\n`,
  );
  if (process.env.CI === 'true') process.exit(1);
  return { env: { SWITCHBOARD_REDIS: 'none' }, shared: false, stop: () => undefined };
}

setUp();
const redis = findRedis() ?? withoutRedis();
// Ctrl-C reaches jest by itself; this process stays for what is left to do after it.
process.on('SIGINT', () => undefined);
// A server that all suites share is emptied by each: one suite at a time.
const args = [...(redis.shared ? ['--runInBand'] : []), ...process.argv.slice(2)];
const nodeOptions = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
try {
  process.exitCode = run(process.execPath, [inRoot('node_modules', 'jest', 'bin', 'jest.js'), ...args], {
    ...redis.env,
    NODE_OPTIONS: nodeOptions.trim(),
  });
} finally {
  redis.stop();
}
