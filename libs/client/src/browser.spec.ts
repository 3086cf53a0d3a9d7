import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const SOURCE = /^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gm;

/** All that is loaded with a module, itself included, and the packages among it. */
function loadedWith(module: URL, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(module.href)) return { files, packages };
  files.add(module.href);
  for (const [, from = ''] of readFileSync(fileURLToPath(module), 'utf8').matchAll(SOURCE)) {
    if (from.startsWith('.')) loadedWith(new URL(from.replace(/\.js$/, '.ts'), module), files, packages);
    else if (from === '#protocol') loadedWith(new URL('../../protocol/index.ts', import.meta.url), files, packages);
    else packages.add(from);
  }
  return { files, packages };
}

test('a browser loads nothing that only Node has', () => {
  const { files, packages } = loadedWith(new URL('../index.ts', import.meta.url));
  expect(files.size).toBeGreaterThan(30);
  expect([...packages].filter((name) => name.startsWith('node:') || name === 'ws')).toEqual([]);
});
