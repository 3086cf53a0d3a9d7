import { tunedRelay } from '../contenders/references.js';
import { switchboard } from '../contenders/switchboard.js';
import type { System } from '../contenders/system.js';
import type { Throughput } from '../harness/throughput.js';
import { connecting } from '../workloads/connect.js';
import { EPHEMERAL, STORED } from '../workloads/direct.js';
import { fanOut } from '../workloads/fan-out.js';
import { pairs } from '../workloads/pairs.js';

/** One way of keeping a system busy while `during` runs; what counts as one is a delivered message, or a connection. */
export type Profiled = (system: System, during: () => Promise<unknown>) => Promise<Throughput>;

const WARM_UP_MS = 12_000;
export const MEASURE_MS = 5_000;
const SPAN = { warmUpMs: WARM_UP_MS, measureMs: MEASURE_MS };

const direct =
  (extra: string, toOne = false): Profiled =>
  (system, during) =>
    pairs({ name: '', dialect: 'json', extra, system }, { pairs: 100, window: 10, toOne, span: SPAN }, during);

export const LOADS: Readonly<Record<string, Profiled>> = {
  stored: direct(STORED),
  ephemeral: direct(EPHEMERAL),
  'hot-inbox': direct(STORED, true),
  /** For the relays. */
  plain: direct(''),
  'fan-out': (system, during) =>
    fanOut({ name: '', dialect: 'conversation', extra: '', system, window: 1 }, SPAN, during),
  connect: (system, during) => connecting({ name: '', dialect: 'json', extra: '', system }, SPAN, during),
};

/** The system that has `app`, which gets `env` besides. */
export function systemWith(app: string, env: Readonly<Record<string, string>>): Promise<System> {
  if (app.startsWith('tuned-')) return tunedRelay({ [processOf(app)]: env });
  return switchboard({ envOf: { [app]: env } });
}

export const processOf = (app: string): string => app.replace('tuned-', 'gateway-');
