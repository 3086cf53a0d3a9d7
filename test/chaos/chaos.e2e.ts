import { beforeAll, describe, expect, test } from '@jest/globals';
import { RedisServer, findFaults, type History, type LogName } from '#testing';
import { BREAKAGES } from '../../libs/testing/src/history/breakages.fixture.js';
import type { OpenHistory } from '../../libs/testing/src/history/history.fixture.js';
import { AUDITOR } from './audit.js';
import { chaos, type ChaosOptions, type Run } from './chaos.js';
import { verdict } from './report.js';

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;

/** `SEED=7 npm test -- test/chaos` repeats a run. */
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000));

const lines: string[] = [];
const BRIEF: ChaosOptions = {
  seed: SEED,
  engine: 'redis',
  gateways: 2,
  routers: 2,
  presences: 2,
  users: 12,
  conversations: 2,
  rate: 30,
  rounds: 1,
  roundMs: 12_000,
  every: [500, 2_500],
  longestMs: 6_000,
  say: (line) => lines.push(line),
};

/** What the auditor saw of one log, and all that others did: a history of one log whose last view has everything. A device may have come back after it. */
function ofOneLog({ views, sends, acks }: History, log: LogName): OpenHistory {
  const of = <T extends { readonly log: LogName }>(all: readonly T[]): T[] => all.filter((one) => one.log === log);
  const auditorLast = of(views).sort((a, b) => Number(a.device === AUDITOR) - Number(b.device === AUDITOR));
  const open = {
    views: auditorLast,
    sends: of(sends).filter(({ ephemeral }) => !ephemeral),
    acks: of(acks),
    strays: [],
  };
  return structuredClone(open) as OpenHistory;
}

withRedis(`chaos, seed ${SEED}`, () => {
  let run: Run;
  beforeAll(async () => {
    run = await chaos(BRIEF);
  }, 150_000);

  test('loses, repeats, reorders, invents nothing; leaves no ghosts; everybody is back', () => {
    const wrong = verdict(run.outcome);
    if (wrong.length > 0) throw new Error([...wrong, ...lines, run.logs].join('\n'));
    expect(run.outcome.accepted).toBeGreaterThan(0);
  });

  // What the run saw, with one thing changed: were it not noticed, the run would prove nothing.
  test.each([...new Set(BREAKAGES.map(([kind]) => kind))])('would have noticed a fault of the kind %s', (kind) => {
    const logs = [...new Set(run.history.views.map(({ log }) => log))];
    const ways = BREAKAGES.flatMap(([breaks, , breakage]) => (breaks === kind ? [breakage] : []));
    const all = ways.flatMap((way) => logs.map((log) => ({ way, history: ofOneLog(run.history, log) })));
    const broken = all.filter(({ way, history }, at) => way(history, at));
    expect(broken.length).toBeGreaterThan(0);
    for (const { history } of broken) expect(findFaults(history).map((fault) => fault.kind)).toContain(kind);
  });

  test('notices that Redis forgets what it was told', async () => {
    const small = { gateways: 1, routers: 1, presences: 1, users: 6, conversations: 0, roundMs: 3_000, boundMs: 4_000 };
    const { outcome } = await chaos({ ...BRIEF, ...small, kinds: ['redis restart'], durable: false });
    expect(outcome.faults.map(({ kind }) => kind)).toContain('epoch');
    expect(verdict(outcome)).not.toEqual([]);
  }, 150_000);
});
