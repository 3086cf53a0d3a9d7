import { Bare } from './bare.js';
import type { Contender } from './contender.js';
import { Nact } from './nact.js';
import { OursSpawned, OursVirtual } from './ours.js';
import { XState } from './xstate.js';

export const CONTENDERS: Readonly<Record<string, new () => Contender>> = {
  'ours, spawned': OursSpawned,
  'ours, virtual': OursVirtual,
  nact: Nact,
  xstate: XState,
  'bare mailbox': Bare,
};
