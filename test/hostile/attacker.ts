import { bigFrames, deafClient, halfOpenUpgrades, silentConnections, type Attack } from './attacks.js';

/* A process of its own for an attack, so that it takes no time from the good clients' clocks: attacker.js NAME PORT. */

const MIB = 1024 * 1024;

const ATTACKS: Readonly<Record<string, (port: number) => Attack | Promise<Attack>>> = {
  'half-open': (port) => halfOpenUpgrades(port, 1_000),
  silent: (port) => silentConnections(port, 5_000),
  'big frames': (port) => bigFrames(port, MIB),
  deaf: (port) => deafClient(port, 10, 20_000, 100),
};

const [name = '', port] = process.argv.slice(2);
const attack = await ATTACKS[name]!(Number(port));
process.on('message', () => process.send?.(attack.outcome()));
process.on('disconnect', () => process.exit(0));
process.send?.('started');
