/**
 * `npm run bench` runs every workload beside its references and prints what it found, the table of the design's figures last; `npm run bench -- NAME …`
 * only those named. With --write the tables go into docs/performance.md, between their markers. `--check` runs the short form and fails when a
 * ratio has fallen below test/bench/recorded.json by more than a fifth; --record writes that file. --repeat N: runs the short form so often and goes by
 * the median of each ratio. --rounds N: how many rounds count.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fallen, figuresTable, spreadTable, type FigureName, type Ratios } from './figures.js';
import { leaveNothingBehind } from './harness/children.js';
import { machine, occasion } from './harness/machine.js';
import { replaceSection } from './harness/markdown.js';
import { median } from './harness/statistics.js';
import { WORKLOADS, CHECKED, type WorkloadName } from './workloads/all.js';
import type { Section } from './workloads/workload.js';

const ROUNDS = 5;
const CHECK_ROUNDS = 3;
/** A ratio may fall by so much before it counts as a regression: see docs/performance.md for how far it moves by itself. */
const TOLERANCE = 0.2;
const DOCUMENT = resolve('docs/performance.md');
const RECORDED = resolve('test/bench/recorded.json');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    repeat: { type: 'string', default: '1' },
  },
});

function names(): readonly WorkloadName[] {
  const known = Object.keys(WORKLOADS) as WorkloadName[];
  const unknown = positionals.filter((name) => !known.includes(name as WorkloadName));
  if (unknown.length > 0) throw new Error(`no workload ${unknown.join(', ')}; there are ${known.join(', ')}`);
  if (options.check || options.record) return CHECKED;
  return positionals.length > 0 ? (positionals as WorkloadName[]) : known;
}

async function run(): Promise<Ratios> {
  const short = options.check || options.record;
  const rounds = Number(options.rounds ?? (short ? CHECK_ROUNDS : ROUNDS));
  const ratios: Ratios = {};
  for (const name of names()) {
    const section = await WORKLOADS[name]({ rounds, short });
    const command = `npm run bench -- ${name}${rounds === ROUNDS ? '' : ` --rounds ${rounds}`}`;
    const text = written(section, command, rounds);
    console.log(`\n## ${section.title}\n\n${text}`);
    Object.assign(ratios, section.ratios);
    if (options.write && !(await replaceSection(DOCUMENT, name, text)))
      throw new Error(`${DOCUMENT} has no place for ${name}`);
  }
  return ratios;
}

/** Runs all so many times; the median of each ratio. */
async function repeated(count: number): Promise<Ratios> {
  const runs: Ratios[] = [];
  for (let n = 0; n < count; n++) runs.push(await run());
  if (count > 1) console.log(`\n## How far the ratios move in ${count} runs\n\n${spreadTable(runs)}`);
  const figures = Object.keys(runs[0] ?? {}) as FigureName[];
  return Object.fromEntries(figures.map((name) => [name, median(runs.map((ratios) => ratios[name] ?? Number.NaN))]));
}

const written = ({ text, table, once }: Section, command: string, rounds: number): string => {
  const number = once ? 'One round.' : `Median of ${rounds} rounds (least–most).`;
  return `\`${command}\`: ${text} ${number}\n\n${table}\n\n${occasion()}`;
};

function check(ratios: Ratios): void {
  if (!existsSync(RECORDED)) throw new Error(`${RECORDED} is not there: npm run bench -- --record makes it`);
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as Ratios;
  const faults = fallen(ratios, recorded, TOLERANCE);
  for (const fault of faults) console.error(`fallen: ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

leaveNothingBehind();
const ratios = await repeated(Number(options.repeat));
const figures = figuresTable(ratios);
if (Object.keys(ratios).length > 0) console.log(`\n## The design's figures\n\n${figures}`);
if (options.write && positionals.length === 0) await replaceSection(DOCUMENT, 'figures', `${figures}\n\n${machine()}`);
if (options.record) writeFileSync(RECORDED, `${JSON.stringify(ratios, rounded, 2)}\n`);
if (options.check) check(ratios);

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(3)) : value;
}
