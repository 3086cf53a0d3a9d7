import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import type { LogEntry, LogId } from '../port.js';

/** What is kept of one log beside its entries. */
export interface LogHead {
  /** The log's number in keys; never given twice. */
  readonly number: number;
  readonly epoch: string;
  /** Newest id given; 0 at first. */
  last: number;
  /** Oldest id not trimmed; `last + 1` if none. */
  first: number;
  /** Oldest id still on the disk: removal follows trimming in bounded steps. */
  stored: number;
  /** What the owner has acknowledged as delivered, and as read. Of an inbox only: a conversation's readers are its members. */
  cursor: number;
  read: number;
  /** The owner of the inbox has opened it. */
  known: boolean;
  /** What each device has acknowledged, and when (ms): the one named longest ago first. */
  devices: [name: string, messageId: number, at: number][];
}

/** What an idempotency key leads to. */
export interface Remembered {
  readonly messageId: number;
  readonly timestamp: number;
}

/** LMDB takes keys up to 1,978 bytes; ids that would not fit (none that PROTOCOL.md §2 allows) go by their hash. */
const LONGEST_NAME = 1024;

/**
 * The tables. Keys are binary, so that ranges come in order: entries by (log, id), idempotency by (window, log, field).
 * All calls are made within a transaction of `GroupCommit`.
 */
export class LogStore {
  readonly root: RootDatabase;
  private readonly heads: Database<LogHead, Buffer>;
  private readonly entries: Database<Buffer, Buffer>;
  private readonly idempotency: Database<Buffer, Buffer>;
  private readonly counters: Database<number, string>;

  constructor(directory: string) {
    this.root = open({ path: join(directory, 'logs.mdb'), maxDbs: 8 });
    this.heads = this.root.openDB('heads', { keyEncoding: 'binary' });
    this.entries = this.root.openDB('entries', { keyEncoding: 'binary', encoding: 'binary' });
    this.idempotency = this.root.openDB('idempotency', { keyEncoding: 'binary', encoding: 'binary' });
    this.counters = this.root.openDB('counters', {});
  }

  /** The head of a log; undefined if there is none. */
  peek(log: LogId): LogHead | undefined {
    return this.heads.get(headKey(log));
  }

  /** The head of a log; made, with a new epoch, if there is none. */
  head(log: LogId): LogHead {
    const known = this.peek(log);
    if (known) return known;
    const number = (this.counters.get('logs') ?? 0) + 1;
    this.counters.putSync('logs', number);
    const epoch = randomBytes(9).toString('base64url');
    const empty = { last: 0, first: 1, stored: 1, cursor: 0, read: 0, known: false };
    const head: LogHead = { number, epoch, ...empty, devices: [] };
    this.saveHead(log, head);
    return head;
  }

  saveHead(log: LogId, head: LogHead): void {
    this.heads.putSync(headKey(log), head);
  }

  putEntry(log: number, messageId: number, timestamp: number, body: Buffer): void {
    const value = Buffer.allocUnsafe(8 + body.length);
    value.writeDoubleBE(timestamp);
    body.copy(value, 8);
    this.entries.putSync(entryKey(log, messageId), value);
  }

  /** Undefined: not there. */
  timestampOf(log: number, messageId: number): number | undefined {
    return this.entries.get(entryKey(log, messageId))?.readDoubleBE();
  }

  readEntries(log: number, from: number, to: number): LogEntry[] {
    const read: LogEntry[] = [];
    for (let messageId = from; messageId <= to; messageId++) {
      const value = this.entries.get(entryKey(log, messageId));
      if (value) read.push({ messageId, timestamp: value.readDoubleBE(), body: value.subarray(8) });
    }
    return read;
  }

  removeEntries(log: number, from: number, to: number): void {
    for (let messageId = from; messageId < to; messageId++) this.entries.removeSync(entryKey(log, messageId));
  }

  remembered(window: number, log: number, field: string): Remembered | undefined {
    const value = this.idempotency.get(idempotencyKey(window, log, field));
    return value && { messageId: value.readUIntBE(0, 6), timestamp: value.readDoubleBE(6) };
  }

  remember(window: number, log: number, field: string, { messageId, timestamp }: Remembered): void {
    const value = Buffer.allocUnsafe(14);
    value.writeUIntBE(messageId, 0, 6);
    value.writeDoubleBE(timestamp, 6);
    this.idempotency.putSync(idempotencyKey(window, log, field), value);
  }

  /** Removes up to `limit` idempotency entries of windows before `window`. */
  forgetBefore(window: number, limit: number): void {
    const end = Buffer.allocUnsafe(6);
    end.writeUIntBE(Math.max(0, window), 0, 6);
    const old = [...this.idempotency.getKeys({ start: Buffer.alloc(1), end, limit })];
    for (const key of old) this.idempotency.removeSync(key);
  }
}

function headKey({ kind, id }: LogId): Buffer {
  return bounded(kind === 'inbox' ? `i${id}` : `c${id}`);
}

function entryKey(log: number, messageId: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUIntBE(log, 0, 6);
  key.writeUIntBE(messageId, 6, 6);
  return key;
}

function idempotencyKey(window: number, log: number, field: string): Buffer {
  const prefix = Buffer.allocUnsafe(12);
  prefix.writeUIntBE(window, 0, 6);
  prefix.writeUIntBE(log, 6, 6);
  return Buffer.concat([prefix, bounded(field)]);
}

function bounded(name: string): Buffer {
  const bytes = Buffer.from(name);
  return bytes.length <= LONGEST_NAME ? bytes : createHash('sha512').update(bytes).digest();
}
