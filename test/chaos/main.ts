import { parseArgs } from 'node:util';
import { mkdir } from 'node:fs/promises';
import { chaos } from './chaos.js';
import { remarks, report, verdict } from './report.js';
import { FAULT_KINDS, type FaultKind } from './schedule.js';
import { ENGINES, type EngineName } from './server.js';

const USAGE = `npm run test:chaos -- [options]
  --minutes N     how long; default 5
  --seed N        default: by the clock, and printed
  --engine NAME   ${ENGINES.join(', ')}; default redis
  --gateways N    default 3; --routers, --presences: default 2
  --users N       default 40; --rate: messages a second, default 80
  --kinds A,B     only these faults: ${FAULT_KINDS.join(', ')}
  --flush         also FLUSHALL, which loses all data
  --volatile      Redis keeps nothing over a crash: the run has to fail
  --logs DIR      keeps the apps' output there`;

const ROUND_MS = 60_000;
/** Faults and the calm after them. */
const ROUND_TAKES_MS = 80_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'redis' },
    gateways: { type: 'string', default: '3' },
    routers: { type: 'string', default: '2' },
    presences: { type: 'string', default: '2' },
    users: { type: 'string', default: '40' },
    rate: { type: 'string', default: '80' },
    kinds: { type: 'string' },
    flush: { type: 'boolean', default: false },
    volatile: { type: 'boolean', default: false },
    logs: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function engineOf(name: string): EngineName {
  const found = ENGINES.find((engine) => engine === name);
  if (!found) throw new Error(`--engine ${name} is not one of ${ENGINES.join(', ')}`);
  return found;
}

function kindsOf(): readonly FaultKind[] | undefined {
  const { kinds } = values;
  return kinds?.split(',').map((name) => {
    const found = FAULT_KINDS.find((kind) => kind === name.trim());
    if (!found) throw new Error(`--kinds ${name}: allowed are ${FAULT_KINDS.join(', ')}`);
    return found;
  });
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const deadlineMs = Number(values.minutes) * 60_000;
  if (values.logs !== undefined) await mkdir(values.logs, { recursive: true });
  const { outcome } = await chaos({
    seed: Number(values.seed),
    engine: engineOf(values.engine),
    gateways: Number(values.gateways),
    routers: Number(values.routers),
    presences: Number(values.presences),
    users: Number(values.users),
    conversations: 4,
    rate: Number(values.rate),
    rounds: Math.max(1, Math.ceil(deadlineMs / ROUND_TAKES_MS)),
    roundMs: Math.min(ROUND_MS, deadlineMs),
    every: [2_000, 7_000],
    longestMs: 20_000,
    kinds: kindsOf(),
    flush: values.flush || (values.kinds?.includes('flush') ?? false),
    durable: !values.volatile,
    deadlineMs,
    logs: values.logs,
    say: (line) => process.stdout.write(`${line}\n`),
  });
  const wrong = verdict(outcome);
  process.stdout.write(`\n${report({ ...outcome, minutes: Number(values.minutes) })}\n\n`);
  for (const line of remarks(outcome)) process.stdout.write(`${line}\n`);
  process.stdout.write(wrong.length === 0 ? 'nothing wrong\n' : `${wrong.join('\n')}\n`);
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();
