import type { RedisServer } from '#testing';
import type { DialectName } from '../harness/generator/dialect.js';

/** Servers that together carry messages, and their Redis. */
export interface System {
  /** Where clients connect, one a gateway. */
  readonly urls: readonly string[];
  /** All its processes by name, Redis among them: their CPU is counted. */
  readonly pids: Readonly<Record<string, number>>;
  /** What a process has printed lately. */
  log?(process: string): string;
  stop(): Promise<unknown>;
}

/** A system and a way of sending by it. */
export interface Contender {
  readonly name: string;
  readonly dialect: DialectName;
  /** More fields of each message. */
  readonly extra: string;
  readonly system: System;
}

/**
 * The append-only file is synced every second, as an operator would who wants both speed and durability. It is not rewritten: that comes once in many
 * rounds, and would fall on whoever is measured then; what it costs is in docs/performance.md.
 */
export const DURABILITY = { durable: true, appendfsync: 'everysec', rewrite: false } as const;

export async function pidOf(redis: RedisServer): Promise<number> {
  const info = await redis.withClient((client) => client.info('server'));
  return Number(/process_id:(\d+)/.exec(info)?.[1]);
}
