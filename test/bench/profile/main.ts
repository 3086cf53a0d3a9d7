/**
 * Where an app's time goes under load: `npm run bench:profile -- APP LOAD`. APP: gateway-01 (the senders'), gateway-02 (the recipients'), router-01,
 * presence-01, or tuned-01, tuned-02 of the tuned relay; LOAD: stored, ephemeral, fan-out, connect; plain for the relay. Prints self times by file and by
 * function, and totals by function, as CPU microseconds of each delivered message (or connection), and leaves the profile for a viewer of flame graphs.
 */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#testing';
import { sleep } from '../harness/clock.js';
import { leaveNothingBehind } from '../harness/children.js';
import { table } from '../harness/markdown.js';
import { microseconds, perCpuSecond } from '../harness/throughput.js';
import { LOADS, MEASURE_MS, processOf, systemWith } from './loads.js';
import { byPlace, selfTimes, totalTimes, type Profile, type Self } from './self-time.js';

const [app = 'router-01', load = 'stored'] = process.argv.slice(2);
const TOP = 45;
const OURS_AND_LIBRARIES = /^(libs|apps|test|ioredis|ws|msgpackr|@nestjs)/;

/** Profiles while `ms` pass. */
async function profiling(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGUSR2');
  await sleep(ms);
  process.kill(pid, 'SIGUSR2');
}

function report(profile: Profile, micros: number): void {
  const costs = (share: number): string[] => [(share * micros).toFixed(2), `${(share * 100).toFixed(1)} %`];
  const rows = (selves: readonly Self[]): string[][] =>
    selves.map(({ name, place, share }) => [name, place, ...costs(share)]);
  const selves = selfTimes(profile);
  const totals = totalTimes(profile).filter(({ place }) => OURS_AND_LIBRARIES.test(place));
  const places = byPlace(selves).slice(0, TOP);
  const columns = ['µs', 'share'];
  console.log(
    [
      table(
        ['where', ...columns],
        places.map(({ place, share }) => [place, ...costs(share)]),
      ),
      table(['function alone', 'where', ...columns], rows(selves.slice(0, TOP))),
      table(['function with all it calls', 'where', ...columns], rows(totals.slice(0, 2 * TOP))),
    ].join('\n\n'),
  );
}

leaveNothingBehind();
const busy = LOADS[load];
if (!busy) throw new Error(`no load ${load}; there are ${Object.keys(LOADS).join(', ')}`);
const file = join(tmpdir(), `${app}-${load}.cpuprofile`);
const probe = new URL('probe.js', import.meta.url).href;
const system = await systemWith(app, { NODE_OPTIONS: `--import ${probe}`, PROFILE_FILE: file });
try {
  const name = processOf(app);
  const pid = system.pids[name];
  if (pid === undefined) throw new Error(`no process ${app}; there are ${Object.keys(system.pids).join(', ')}`);
  const measured = await busy(system, () => profiling(pid, MEASURE_MS - 500));
  const micros = microseconds(name)(measured);
  const rate = Math.round(perCpuSecond(measured));
  console.log(`${app}, ${load}: ${micros.toFixed(1)} µs each, profiler included; ${rate} per CPU-second in all\n`);
  report(await eventually(() => JSON.parse(readFileSync(file, 'utf8')) as Profile), micros);
  console.log(`\n${file}`);
} finally {
  await system.stop();
}
