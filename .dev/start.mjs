import './node-version.mjs';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inRoot } from './root.mjs';
import { setUp } from './set-up.mjs';

/* Runs one app in this process: `start.mjs gateway` what is built; without a name standalone, after all set-up. */
const [app] = process.argv.slice(2);
if (app === undefined) setUp();
const main = inRoot('dist', 'apps', app ?? 'standalone', 'src', 'main.js');
if (!existsSync(main)) {
  process.stderr.write(`${main} is not there: npm run build makes it\n`);
  process.exit(1);
}

// npm hands a SIGTERM to the shell between it and this process; the shell dies of it and says nothing. Left alone means to be stopped.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 100).unref();

await import(pathToFileURL(main).href);
