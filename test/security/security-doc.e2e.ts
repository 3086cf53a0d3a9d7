import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { VARIABLES } from '#service';

const text = readFileSync('docs/security.md', 'utf8');
const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

test('docs/security.md names tests and files that are there', () => {
  const files = quoted.filter((code) => /^[\w.-]+\/[\w./-]+$/.test(code) && !code.startsWith('/'));
  expect(files.length).toBeGreaterThan(25);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

test('and variables that there are', () => {
  const known = Object.keys(VARIABLES);
  const names = quoted.filter(
    (code) => /^[A-Z]+(_[A-Z*]+)*(=\w+)?$/.test(code) && code.includes('_') && !/^(WS|NODE)_/.test(code),
  );
  expect(names.length).toBeGreaterThan(20);
  const missing = names
    .map((name) => name.replace(/=.*/, ''))
    .filter((name) => !known.some((each) => (name.endsWith('*') ? each.startsWith(name.slice(0, -1)) : each === name)));
  expect(missing).toEqual([]);
});
