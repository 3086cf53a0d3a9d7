import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { configurationTable } from './configuration-table.js';
import { defaultInstanceId } from './instance-id.js';
import { nearMisses } from './near-miss.js';
import { COMMON_VARIABLES, VARIABLES } from './variables.js';

const cellsOf = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .filter((line) => !/^\|[ |-]+$/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

describe('the table of variables', () => {
  const names = Object.keys(VARIABLES);

  test('is the table that the README shows', () => {
    const readme = readFileSync('README.md', 'utf8');
    const shown = /<!-- configuration:begin -->(.*)<!-- configuration:end -->/s.exec(readme)?.[1] ?? '';
    expect(cellsOf(shown)).toEqual(cellsOf(configurationTable()));
  });

  test('is rendered with one line each, and what is common and what differs by app', () => {
    const rows = cellsOf(configurationTable()).slice(1);
    expect(rows.map((row) => row[1])).toEqual(names.map((name) => `\`${name}\``));
    const defaultOf = (name: string): string | undefined => rows.find((row) => row[1] === `\`${name}\``)?.[4];
    expect(defaultOf('PORT')).toBe('`8080` (gateway, standalone; `8443` with TLS), `8081` (router), `8082` (presence)');
    expect(defaultOf('INSTANCE_ID')).toBe('host name and port');
    expect(defaultOf('API_KEY')).toBe('–');
  });

  test('holds nothing that no app reads', () => {
    const files = readdirSync('apps').map((app) => join('apps', app, 'src', 'config.ts'));
    const configs = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
    const own = [...configs.join('\n').matchAll(/'([A-Z][A-Z_]+)'/g)].map((match) => match[1]);
    const read = new Set<string | undefined>([...COMMON_VARIABLES, ...own]);
    expect(names.filter((name) => !read.has(name))).toEqual([]);
  });
});

describe('a name that is almost one of the table', () => {
  test.each([
    ['REDISURL', 'REDIS_URL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['AUTHMODE', 'AUTH_MODE'],
    ['HEARTBEAT_TIMEOUT', 'HEARTBEAT_TIMEOUT_MS'],
    ['HEARTBEAT_INTERVAL', 'HEARTBEAT_INTERVAL_MS'],
    ['INSTANCEID', 'INSTANCE_ID'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['log_level', 'LOG_LEVEL'],
    ['MAX_CONNECTION', 'MAX_CONNECTIONS'],
  ])('%s is taken for %s', (found, meant) => {
    expect(nearMisses({ [found]: 'x' })).toEqual([{ found, meant }]);
  });

  test('is not seen in what environments usually hold', () => {
    const usual = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'HOSTS',
      'PORTS',
      'POST',
      'LANG',
      'NODE_ENV',
      'LOGNAME',
      'MAIL',
      'DATABASE_URL',
      'AUTH_TOKEN',
    ];
    expect(nearMisses(Object.fromEntries(usual.map((name) => [name, 'x'])))).toEqual([]);
    expect(nearMisses(Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, 'x'])))).toEqual([]);
  });
});

describe('the default instance id', () => {
  test.each([
    ['web1.example.org', '8080', 'web1-8080'],
    ['Ann’s laptop', '8081', 'Ann-s-laptop-8081'],
    ['', '8080', 'host-8080'],
    ['web1', '0', 'web1-4711'],
  ])('of host %j and port %s is %s', (host, port, id) => {
    expect(defaultInstanceId(port, host, 4711)).toBe(id);
    expect(VARIABLES.INSTANCE_ID.schema.safeParse(id).success).toBe(true);
  });
});
