import { existsSync } from 'node:fs';
import { output, run, succeeds } from './run.mjs';

const NOTHING_TO_STOP = () => undefined;
const IMAGE = 'redis:7.4-alpine';

const onPath = (command) => succeeds(command, ['--version']);

function given() {
  if (!process.env.REDIS_URL) return undefined;
  process.stderr.write('REDIS_URL is set: the tests use that server and empty it\n');
  return { env: {}, shared: true, stop: NOTHING_TO_STOP };
}

function installed() {
  const binary = [process.env.SWITCHBOARD_REDIS_SERVER, 'redis-server', 'valkey-server'].find(
    (name) => name && onPath(name),
  );
  return binary && { env: { SWITCHBOARD_REDIS_SERVER: binary }, shared: false, stop: NOTHING_TO_STOP };
}

function inDocker() {
  if (!succeeds('docker', ['info'])) return undefined;
  process.stderr.write(`no redis-server on the PATH: running ${IMAGE} in Docker for the tests\n`);
  const id = output('docker', ['run', '--rm', '-d', '-p', '127.0.0.1::6379', IMAGE]);
  const address = output('docker', ['port', id, '6379/tcp']);
  return { env: { REDIS_URL: `redis://${address}` }, shared: true, stop: () => run('docker', ['rm', '-f', id]) };
}

function fromDebian() {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined;
  process.stderr.write('no redis-server on the PATH: installing the package redis-server with apt-get\n');
  return run('.dev/install-redis.sh', []) === 0 ? installed() : undefined;
}

/**
 * The Redis (or Valkey) of the tests: what to add to their environment, whether all suites share the one server, and how to be rid of
 * it. Undefined where none can be had.
 */
export const findRedis = () => given() ?? installed() ?? inDocker() ?? fromDebian();
