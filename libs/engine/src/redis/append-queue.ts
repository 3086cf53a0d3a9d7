import {
  EngineUnavailableError,
  type AppendOptions,
  type Appended,
  type AppendResult,
  type LogId,
  type NewEntry,
} from '../port.js';
import { toConnections } from './connection-value.js';
import { appendKeys, gatewayIds, logKeys } from './keys.js';
import type { Argument } from '#redis';
import { toReplyError } from './errors.js';
import { packItems, type Item } from './pack-items.js';
import type { RedisServer, Reply } from './redis-server.js';
import { inEntries } from './shared-entries.js';
import { unpackReply } from './unpack-reply.js';

/** One script call blocks the server for some 5 µs an entry: no more than this many entries in one, unless a single log brings more. */
const ENTRIES_PER_CALL = 256;
/** Calls under way at once. What comes meanwhile waits and goes in one: under load batches grow instead of the server's queue. */
const CALLS_UNDER_WAY = 2;

interface Waiting {
  readonly entries: readonly NewEntry[];
  readonly options: AppendOptions;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits for one log: appended in the order of the calls. */
interface Group {
  readonly name: string;
  readonly kind: LogId['kind'];
  readonly id: string;
  readonly owner: string;
  readonly waiting: Waiting[];
  entries: number;
  /** Some of it asks for a condition. */
  conditional: boolean;
}

/** Settings of the append script, as it takes them. */
export type AppendLimits = readonly [maxLength: number, maxAgeMs: number, windowMs: number, presenceTtlMs: number];

/** Gathers all appends of one turn of the event loop into as few script calls as may be: one, or on a cluster one a log. */
export class AppendQueue {
  /** A new map for each call: one that is deleted from is rehashed, its old table, once in the old space, keeps all later ones from dying young. */
  private groups = new Map<string, Group>();
  private scheduled = false;
  private underWay = 0;

  constructor(
    private readonly server: RedisServer,
    private readonly limits: AppendLimits,
    private readonly newEpoch: () => string,
  ) {}

  append(log: LogId, entries: readonly NewEntry[], options: AppendOptions): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const group = this.groupOf(log);
      group.waiting.push({ entries, options, resolve, reject });
      group.entries += entries.length;
      group.conditional ||= (log.kind === 'inbox' ? options.onlyKnown : options.membersOnly) === true;
      this.schedule();
    });
  }

  private groupOf({ kind, id }: LogId): Group {
    const name = kind + id;
    let group = this.groups.get(name);
    if (!group) {
      group = { name, kind, id, owner: logKeys({ kind, id }).owner, waiting: [], entries: 0, conditional: false };
      this.groups.set(name, group);
    }
    return group;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.server.oneSlotPerCall) for (const group of this.takeAll()) this.send([group]);
    while (this.groups.size > 0 && this.underWay < CALLS_UNDER_WAY) this.send(this.take());
  }

  private take(): readonly Group[] {
    const taken: Group[] = [];
    let entries = 0;
    for (const group of this.takeAll()) {
      entries += group.entries;
      if (taken.length === 0 || entries <= ENTRIES_PER_CALL) taken.push(group);
      else this.groups.set(group.name, group);
    }
    return taken;
  }

  private takeAll(): Iterable<Group> {
    const { groups } = this;
    this.groups = new Map();
    return groups.values();
  }

  private send(groups: readonly Group[]): void {
    const [first] = groups as readonly [Group];
    const keys = this.server.told(() => appendKeys(first, this.limits[2], Date.now()));
    const items: Item[] = [];
    for (const group of groups) addGroup(group, items);
    this.underWay++;
    this.server
      .replicated('append', keys, [...this.limits, this.newEpoch(), packItems(items), ...this.published(groups)])
      .then((reply) => settle(groups, unpackReply(reply)))
      .catch((error: unknown) => this.fail(groups, error))
      .finally(() => {
        this.underWay--;
        this.flush();
      });
  }

  /**
   * A message that goes alone is published by the step that stores it: its recipient does not wait until this process has been woken by the answer. Those
   * that go together are told of in packets of many, which costs less. What may not outlive a failover nobody is told of.
   */
  private published(groups: readonly Group[]): readonly Argument[] {
    const [{ id, entries, waiting }] = groups as readonly [Group];
    const publication = waiting[0]?.options.publication;
    const alone = groups.length === 1 && waiting.length === 1 && entries === 1;
    if (!publication || !alone || !this.server.publishes) return [];
    return [publication.channel, publication.preamble, id];
  }

  /** Whoever waits behind a call that the engine was not there for would wait for its next failure: all are told now. */
  private fail(groups: readonly Group[], error: unknown): void {
    fail(groups, error);
    if (!(error instanceof EngineUnavailableError)) return;
    fail([...this.takeAll()], error);
  }
}

function addGroup(group: Group, items: Item[]): void {
  const bodies: Buffer[] = [];
  items.push(group.owner, group.entries, group.conditional ? 2 : 1);
  for (const { entries, options } of group.waiting) {
    for (const entry of entries) {
      items.push(entry.idempotency ? idempotencyField(entry.idempotency) : '');
      if (group.conditional) items.push(condition(group.kind, entry, options));
      bodies.push(entry.body);
    }
  }
  const stored = inEntries(bodies);
  items.push(stored.length);
  for (const together of stored)
    items.push(together.length, together.length === 1 ? (together[0] as Buffer) : together);
}

/** As lua/append.lua takes it. */
function condition(kind: LogId['kind'], { author }: NewEntry, { onlyKnown, membersOnly }: AppendOptions): string {
  if (kind === 'inbox') return onlyKnown ? 'k' : '';
  return membersOnly ? `m${author ?? ''}` : '';
}

/** Ids hold no control characters, so NUL parts them unambiguously. */
function idempotencyField({ sender, id }: { readonly sender: string; readonly id: string }): string {
  return `${sender}\0${id}`;
}

function fail(groups: readonly Group[], error: unknown): void {
  for (const group of groups) for (const { reject } of group.waiting) reject(error);
}

/** Deals one script's reply (lua/append.lua) out to those who wait for it. */
function settle(groups: readonly Group[], reply: readonly Reply[]): void {
  const timestamp = Number(reply[0]);
  const told = reply[1 + 4 * groups.length] as readonly string[] | undefined;
  for (let g = 0, at = 1; g < groups.length; g++, at += 4) {
    const group = groups[g] as Group;
    const [epoch, first, unstored, where] = reply.slice(at, at + 4) as [Reply, Reply, number[], Reply[]];
    if (epoch === false) fail([group], toReplyError(String(first)));
    else settleGroup(group, String(epoch), toAppended(group, first as number, unstored, timestamp), where, told);
  }
}

function toAppended(group: Group, first: number, unstored: readonly number[], timestamp: number): Appended[] {
  const appended: Appended[] = [];
  let next = first;
  for (let i = 0, u = 0; i < group.entries; i++) {
    if (unstored[u] === i) {
      appended.push(toUnstored(group, unstored[u + 1] as number, unstored[u + 2] as number));
      u += 3;
    } else appended.push({ messageId: next++, timestamp, duplicate: false });
  }
  return appended;
}

function toUnstored({ kind }: Group, messageId: number, timestamp: number): Appended {
  if (messageId > 0) return { messageId, timestamp, duplicate: true };
  return { messageId, timestamp, duplicate: false, refused: kind === 'inbox' ? 'unknown_recipient' : 'not_member' };
}

function settleGroup(
  group: Group,
  epoch: string,
  appended: readonly Appended[],
  where: readonly Reply[],
  told: AppendResult['told'],
): void {
  const connections = group.kind === 'inbox' ? toConnections(where) : [];
  const gateways = group.kind === 'inbox' ? [] : gatewayIds(where);
  let from = 0;
  for (const { entries, resolve } of group.waiting) {
    const to = from + entries.length;
    const own = group.waiting.length === 1 ? appended : appended.slice(from, to);
    resolve({ epoch, appended: own, connections, gateways, told });
    from = to;
  }
}
