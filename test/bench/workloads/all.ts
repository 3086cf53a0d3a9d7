import { backlog } from './backlog.js';
import { connect } from './connect.js';
import { direct } from './direct.js';
import { fanOuts } from './fan-out.js';
import { footprint } from './footprint.js';
import { hotInbox } from './hot-inbox.js';
import { idle } from './idle.js';
import { near } from './near.js';
import { presence } from './presence.js';
import { replay } from './replay.js';
import { routers } from './routers.js';
import type { Workload } from './workload.js';

export const WORKLOADS = {
  direct,
  near,
  'fan-out': fanOuts,
  'hot-inbox': hotInbox,
  routers,
  connect,
  replay,
  backlog,
  presence,
  idle,
  footprint,
} satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;

/** Those of which `--check` runs a short form. */
export const CHECKED: readonly WorkloadName[] = ['direct', 'fan-out'];
