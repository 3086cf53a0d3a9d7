import { parseArgs } from 'node:util';
import { avalanche } from './avalanche.js';
import { jitter } from './jitter.js';

const USAGE = `npm run experiment -- jitter|avalanche [options]
  --clients N     default 1000 for jitter, 5000 for avalanche
  --gateways N    default 2
  --processes N   of clients; default 2
  jitter: --messages N (120), --every MS (500), --seed N`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: 'string' },
    gateways: { type: 'string', default: '2' },
    processes: { type: 'string', default: '2' },
    messages: { type: 'string', default: '120' },
    every: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
  },
});

const gateways = Number(values.gateways);
const processes = Number(values.processes);

const EXPERIMENTS: Readonly<Record<string, () => Promise<string>>> = {
  jitter: () =>
    jitter({
      clients: Number(values.clients ?? 1_000),
      messages: Number(values.messages),
      everyMs: Number(values.every),
      processes,
      gateways,
      seed: Number(values.seed),
    }),
  avalanche: () => avalanche({ clients: Number(values.clients ?? 5_000), processes, gateways }),
};

const experiment = EXPERIMENTS[positionals[0] ?? ''];
process.stdout.write(`${experiment ? await experiment() : USAGE}\n`);
process.exitCode = experiment ? 0 : 1;
