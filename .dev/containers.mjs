import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inRoot } from './root.mjs';

const isRoot = (user) => /^(root|0)?(:|$)/.test(String(user ?? ''));

/** What a service of docker-compose.yml lacks of what every one has: an attacker inside finds nothing to write to and no way up. */
export function composeFaults(text) {
  const { services } = parse(text, { merge: true });
  return Object.entries(services).flatMap(([name, service]) => {
    const missing = [
      isRoot(service.user) && 'a user that is not root',
      service.read_only !== true && 'read_only: true',
      !service.cap_drop?.includes('ALL') && 'cap_drop: [ALL]',
      !service.security_opt?.includes('no-new-privileges:true') && 'no-new-privileges:true',
      (service.privileged || service.cap_add) && 'no privileges (it is given some)',
    ];
    return missing.filter(Boolean).map((what) => `docker-compose.yml: ${name} lacks ${what}`);
  });
}

/** A Dockerfile's last stage runs as somebody who is not root, and installs what the lockfile says. */
export function dockerfileFaults(path, text) {
  const lastStage = text.slice(text.lastIndexOf('\nFROM '));
  const user = [...lastStage.matchAll(/^USER (\S+)$/gm)].at(-1)?.[1];
  return [
    ...(isRoot(user) ? [`${path} does not end as a user that is not root`] : []),
    ...(/npm (ci|install|i)\b/.exec(text)?.[1] === 'ci' ? [] : [`${path} does not install by npm ci`]),
  ];
}

/** Versions are exact, and the lockfile is of the kind that `npm ci` verifies. */
export function pinningFaults(manifest, lock) {
  const named = ['dependencies', 'devDependencies'].flatMap((kind) => Object.entries(manifest[kind] ?? {}));
  const unverified = Object.entries(lock.packages).filter(
    ([path, entry]) => path !== '' && !entry.integrity && !entry.optional && !entry.link,
  );
  return [
    ...named
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([n, v]) => `package.json: ${n} is not pinned: ${v}`),
    ...(lock.lockfileVersion === 3 ? [] : [`package-lock.json is of version ${lock.lockfileVersion}, not 3`]),
    ...unverified.map(([path]) => `package-lock.json: ${path} has no integrity`),
  ];
}

/** All of them, of this repository. */
export function containerFaults(apps) {
  const read = (file) => readFileSync(inRoot(file), 'utf8');
  const dockerfiles = apps.map((path) => `${path}/Dockerfile`).filter((file) => existsSync(inRoot(file)));
  return [
    ...composeFaults(read('docker-compose.yml')),
    ...dockerfiles.flatMap((file) => dockerfileFaults(file, read(file))),
    ...pinningFaults(JSON.parse(read('package.json')), JSON.parse(read('package-lock.json'))),
  ];
}
