import { readFileSync } from 'node:fs';
import { Script } from './script.js';

/** Each script of lua/ that is called by name, with the libraries that are put before it. */
const SCRIPTS = {
  append: ['time', 'keys', 'meta', 'entries', 'none', 'live', 'gateways', 'epoch', 'publish'],
  read: ['time', 'keys', 'meta', 'entries', 'epoch', 'member', 'position', 'each'],
  acknowledge: ['time', 'meta', 'entries', 'devices', 'epoch', 'last', 'member'],
  watermarks: ['meta', 'epoch', 'last', 'member'],
  register: [
    'time',
    'keys',
    'meta',
    'none',
    'live',
    'gateways',
    'visible',
    'entries',
    'epoch',
    'member',
    'position',
    'each',
  ],
  remove: ['time', 'keys', 'meta', 'none', 'live', 'visible', 'removal', 'each'],
  sweep: ['time', 'meta', 'none', 'live', 'visible', 'removal'],
  refresh: ['time'],
  locate: ['time', 'none', 'live'],
  setstatus: ['time', 'meta', 'none', 'live', 'visible'],
  overview: ['time', 'meta', 'none', 'live', 'visible'],
  attach: ['time', 'none', 'gateways'],
  extend: ['time', 'none', 'gateways'],
  detach: [],
  attached: ['time', 'none', 'gateways'],
  join: ['time'],
  leave: ['time', 'none', 'gateways'],
  unlist: [],
  memberships: ['meta', 'epoch', 'last', 'member'],
  conversation: ['meta', 'epoch', 'last'],
  hold: ['time'],
  release: [],
} as const satisfies Record<string, readonly string[]>;

export type ScriptName = keyof typeof SCRIPTS;

/** A full server refuses what may need memory. A lease is a few bytes, and without it all would be cut off from each other. */
const FLAGS: Partial<Record<ScriptName, string>> = { hold: '#!lua flags=allow-oom\n' };

/** Every script. The files lie beside this one, in the sources as in the build. */
export function loadScripts(): Readonly<Record<ScriptName, Script>> {
  const file = (name: string) => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
  const scripts = Object.entries(SCRIPTS).map(([name, libraries]) => [
    name,
    new Script((FLAGS[name as ScriptName] ?? '') + [...libraries, name].map(file).join('\n')),
  ]);
  return Object.fromEntries(scripts) as Record<ScriptName, Script>;
}
