/* Evaluated before any other module of a command: says it plainly when Node is too old, in syntax that old ones understand. */
import { readFileSync } from 'node:fs';

const wanted = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).engines.node;
const floor = wanted.replace('>=', '').split('.').map(Number);
const found = process.versions.node.split('.').map(Number);
const tooOld = found[0] < floor[0] || (found[0] === floor[0] && found[1] < floor[1]);

if (tooOld) {
  process.stderr.write(
    `Switchboard needs Node.js ${wanted}; this is ${process.versions.node}. See https://nodejs.org/\n`,
  );
  process.exit(1);
}
