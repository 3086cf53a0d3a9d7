import './node-version.mjs';
import { readFileSync, writeFileSync } from 'node:fs';
import { inRoot } from './root.mjs';

/*
 * Adds to package-lock.json the optional packages of other platforms that npm left out because the registry it asked does not hold them.
 * `npm ci` refuses a lockfile without them, on every platform. Run it after `npm install` where that happens.
 */

const OS = ['darwin', 'win32', 'android', 'freebsd', 'openharmony', 'linux'];
const CPU = ['arm64', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'arm'];

/** What the name of a platform's package says of the platform: `core-linux-x64-musl`. */
function platformOf(name) {
  const within = (known) => known.filter((word) => name.includes(word)).slice(0, 1);
  const os = within(OS);
  const libc = os[0] !== 'linux' ? [] : name.includes('musl') ? ['musl'] : name.includes('gnu') ? ['glibc'] : [];
  return { os, cpu: within(CPU), ...(libc.length > 0 && { libc }) };
}

/** Where Node would find `name` from the package at `path`; undefined where the lockfile holds no such package. */
function find(packages, path, name) {
  for (let base = path; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))) {
    const candidate = `${base}${base && '/'}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (base === '') return undefined;
  }
}

const file = inRoot('package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
for (const [path, wanting] of Object.entries(lock.packages))
  for (const [name, range] of Object.entries(wanting.optionalDependencies ?? {})) {
    if (find(lock.packages, path, name)) continue;
    const version = range.replace(/^[\^~]/, '');
    const scope = wanting.dev ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version, ...scope, optional: true, ...platformOf(name) };
    process.stderr.write(`added ${name}@${version}\n`);
  }
const byPath = ([a], [b]) => a.localeCompare(b, 'en');
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
