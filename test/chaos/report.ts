import type { Fault, FaultKind as Wrong, History } from '#testing';
import { table } from '../bench/harness/markdown.js';
import type { Unsettled } from './calm.js';
import type { EngineName } from './server.js';
import type { FaultKind } from './schedule.js';

export interface Outcome extends Unsettled {
  readonly engine: EngineName;
  readonly seed: number;
  readonly minutes: number;
  /** How many of each were done. */
  readonly done: ReadonlyMap<FaultKind, number>;
  readonly accepted: number;
  readonly delivered: number;
  readonly retries: number;
  /** What the history checker found. */
  readonly faults: readonly Fault[];
  /** Apps that ended by themselves, drains that did not exit with 0. */
  readonly oddExits: readonly string[];
  /** A device's newest connection was taken for an old one; each for people. */
  readonly replaced: readonly string[];
  /** Each time that a client was without a connection, ms. */
  readonly outages: readonly number[];
  /** The longest that a message was tried until it was accepted, ms. */
  readonly longestWaitMs: number;
}

/** Everything that must not be, for people; empty: the run is good. */
export function verdict(outcome: Outcome): string[] {
  const { faults, stuck, ghosts, unseen, oddExits } = outcome;
  return [
    ...faults.map(({ kind, log, detail }) => `${kind} in ${log}: ${detail}`),
    ...stuck.map((line) => `stuck: ${line}`),
    ...ghosts.map((line) => `ghost: ${line}`),
    ...unseen.map((line) => `unseen: ${line}`),
    ...oddExits.map((line) => `exit: ${line}`),
  ];
}

/** What is no broken promise and should not be all the same: see docs/status.md. */
export const remarks = ({ replaced }: Outcome): string[] => replaced.map((line) => `wrongly replaced: ${line}`);

/** What the report counts as one thing. */
const GROUPS: readonly (readonly [string, readonly Wrong[]])[] = [
  ['lost', ['loss']],
  ['repeated', ['repeat', 'duplicate']],
  ['gaps', ['gap']],
  ['out of order', ['inversion']],
  ['other faults', ['phantom', 'conflict', 'mismatch', 'resync', 'epoch']],
];

/** Messages that clients saw, each time that they did. */
export const seenIn = ({ views }: History): number => views.reduce((sum, { messages }) => sum + messages.length, 0);

/** Two Markdown tables: what was done, and what came of it. */
export function report(outcome: Outcome): string {
  const faults = [...outcome.done].filter(([, count]) => count > 0);
  const sum = faults.reduce((all, [, count]) => all + count, 0);
  const counted = GROUPS.map(
    ([name, kinds]) => [name, outcome.faults.filter(({ kind }) => kinds.includes(kind)).length] as const,
  );
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const sorted = [...outcome.outages].sort((a, b) => a - b);
  const rows: readonly (readonly [string, string | number])[] = [
    ['engine', outcome.engine],
    ['seed', outcome.seed],
    ['minutes', outcome.minutes],
    ['faults', sum],
    ['accepted', outcome.accepted],
    ['delivered', outcome.delivered],
    ['retries', outcome.retries],
    ...counted,
    ['ghosts', outcome.ghosts.length],
    ['unseen', outcome.unseen.length],
    ['stuck', outcome.stuck.length],
    ['wrongly replaced', outcome.replaced.length],
    ['odd exits', outcome.oddExits.length],
    ['outages of clients', sorted.length],
    ['half of them at most', seconds(sorted[Math.floor(sorted.length / 2)] ?? 0)],
    ['longest', seconds(sorted.at(-1) ?? 0)],
    ['longest wait for accepted', seconds(outcome.longestWaitMs)],
  ];
  return `${table(['fault', 'times'], faults)}\n\n${table(['', ''], rows)}`;
}
