import { existsSync, readFileSync } from 'node:fs';
import { inRoot } from './root.mjs';
import { must } from './run.mjs';

const packagesOf = (lockfile) => JSON.parse(readFileSync(lockfile, 'utf8')).packages;

/**
 * Whether node_modules is what package-lock.json asks for, by npm's own record of what it installed. By content: times of files say
 * little after a clone or a checkout. Optional packages may be missing (they are for other platforms).
 */
function upToDate() {
  const installedLock = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const installed = packagesOf(installedLock);
  return Object.entries(packagesOf(inRoot('package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === wanted.version : wanted.optional === true || wanted.devOptional === true;
  });
}

/** Installs the dependencies where they are missing or not those of the lockfile. */
export function install() {
  if (upToDate()) return;
  process.stderr.write('installing dependencies (npm ci) …\n');
  const npm = process.env.npm_execpath ?? '';
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm.endsWith('npm-cli.js')) must(process.execPath, [npm, ...args]);
  else must('npm', args);
}
