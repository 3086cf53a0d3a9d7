/**
 * The actor kernel beside nact, xstate and a bare mailbox, in one run: what a tell costs (sent, queued, handled), and what an idle
 * actor weighs. Rounds are interleaved, so that whatever else the machine does hits all alike.
 * Run: npm run build && node --expose-gc dist/test/bench/actor/actor.js
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { table } from '../harness/markdown.js';
import { median } from '../harness/statistics.js';
import { CONTENDERS } from './contenders/all.js';
import { until, type Contender } from './contenders/contender.js';

const ACTORS = Number(process.env['ACTORS'] ?? 1000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 15);
const MESSAGES = Number(process.env['MESSAGES'] ?? 200_000);
const PER_TURN = 1000;

type Workload = (contender: Contender, nth: number) => void;

/** In each event-loop turn a thousand tells, … */
const WORKLOADS: Readonly<Record<string, Workload>> = {
  'spread over 1,000 actors': (contender, nth) => contender.tell(nth % ACTORS),
  'in bursts of 1,000 to one': (contender) => contender.tell(7),
};

/** Nanoseconds a tell, from telling to handled. */
async function round(contender: Contender, workload: Workload): Promise<number> {
  const start = process.hrtime.bigint();
  for (let sent = 0; sent < MESSAGES; sent += PER_TURN) {
    const before = contender.handled();
    for (let i = 0; i < PER_TURN; i++) workload(contender, sent + i);
    await until(contender, before + PER_TURN);
  }
  return Number(process.hrtime.bigint() - start) / MESSAGES;
}

async function tells(name: string, workload: Workload, contenders: ReadonlyMap<string, Contender>): Promise<string> {
  const samples = new Map([...contenders.keys()].map((contender) => [contender, [] as number[]]));
  for (let n = -3; n < ROUNDS; n++)
    for (const [contender, actors] of contenders) {
      globalThis.gc?.();
      const ns = await round(actors, workload);
      if (n >= 0) samples.get(contender)!.push(ns);
    }
  const reference = median(samples.get('nact')!);
  const rows = [...samples].map(([contender, ns]) => [
    contender,
    Math.round(1e9 / median(ns)).toLocaleString('en'),
    median(ns).toFixed(0),
    `${Math.min(...ns).toFixed(0)}–${Math.max(...ns).toFixed(0)}`,
    `${(reference / median(ns)).toFixed(2)} ×`,
  ]);
  return `\n### Tells ${name}\n\n${table(['', 'tells/s', 'ns a tell', 'spread', 'rate, nact = 1'], rows)}`;
}

function heap(): string {
  const child = fileURLToPath(new URL('heap-child.js', import.meta.url));
  const rows = Object.keys(CONTENDERS).map((contender) => {
    const samples = [1, 2, 3].map(() => Number(execFileSync(process.execPath, ['--expose-gc', child, contender])));
    return [
      contender,
      median(samples).toFixed(0),
      `${Math.min(...samples).toFixed(0)}–${Math.max(...samples).toFixed(0)}`,
    ];
  });
  return `\n### Heap per idle actor (one field, has handled a message)\n\n${table(['', 'bytes', 'spread'], rows)}`;
}

const contenders = new Map(Object.entries(CONTENDERS).map(([name, Type]) => [name, new Type()]));
for (const contender of contenders.values()) {
  await contender.spawn(ACTORS);
  await until(contender, ACTORS);
}
for (const [name, workload] of Object.entries(WORKLOADS)) console.log(await tells(name, workload, contenders));
console.log(heap());
process.exit(0);
