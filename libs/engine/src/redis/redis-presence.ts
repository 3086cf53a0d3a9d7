import type {
  Connection,
  EngineSettings,
  GatewayProcess,
  LogPosition,
  NewConnection,
  Presence,
  PresenceStatus,
  RegisterResult,
  RemoveResult,
  StatusResult,
  UserPresence,
  Visible,
} from '../port.js';
import { Together } from '../together.js';
import { processPart, toConnections, toGatewayProcess, toValue, valueTail } from './connection-value.js';
import { jsonText } from './json-text.js';
import { indexKey, logKeys, presenceKey, toGateway, watchersKey } from './keys.js';
import { perCall } from './per-call.js';
import type { Item } from './pack-items.js';
import type { RedisServer, Reply } from './redis-server.js';
import { ScriptBatch } from './script-batch.js';
import { SetChanges } from './set-changes.js';
import { unpackReply } from './unpack-reply.js';

interface Place {
  readonly userId: string;
  readonly connectionId: string;
}

/** As lua/remove.lua and lua/sweep.lua answer for a user. */
type Removed = [removed: number, value: Reply, remaining: number, ...Reply[]];
/** As lua/register.lua answers for a user. */
type Registered = [
  cameOnline: number,
  replaced: Reply[],
  live: number,
  since: number,
  added: number,
  watchers: Reply[],
  inbox: [epoch: Reply, last: number, first: number, cursor: number] | false,
  ...Reply[],
];

/**
 * A hash per user, a field per connection, and beside it an index of what each gateway process has registered: on a cluster in another slot
 * and so not in the same step. The index is written before the presence and cleared after it: whoever dies in between leaves an entry in the index
 * too many, which the sweep finds gone; never one too few, which no sweep would find. The index outlives every presence entry it names.
 */
export class RedisPresence implements Presence {
  private readonly located = new Together<readonly Connection[]>((userIds) =>
    perCall(this.server, userIds, (some) => this.locateSome(some)),
  );

  private readonly registering: ScriptBatch;
  private readonly removing: ScriptBatch;
  private readonly added = new SetChanges(async (index, members) => {
    await Promise.all([this.server.call('sadd', index, members), this.extendIndex(index)]);
  });
  private readonly cleared = new SetChanges((index, members) => this.server.call('srem', index, members));

  private readonly ttlMs: number;

  constructor(
    private readonly server: RedisServer,
    { presenceTtlMs, logMaxLength, logMaxAgeMs }: EngineSettings,
    private readonly newEpoch: () => string,
  ) {
    this.ttlMs = presenceTtlMs;
    this.registering = new ScriptBatch(server, 'register', [presenceTtlMs, logMaxLength, logMaxAgeMs]);
    this.removing = new ScriptBatch(server, 'remove', [presenceTtlMs]);
  }

  async register(connection: NewConnection, maxConnections: number): Promise<RegisterResult> {
    const { userId, gatewayId, incarnation } = connection;
    const [index, place] = [indexKey(gatewayId, incarnation), member(connection)];
    const { oneSlotPerCall } = this.server;
    if (oneSlotPerCall) await this.added.of(index, place);
    const items = this.itemsOf(connection, maxConnections, oneSlotPerCall ? '' : index, place);
    const reply = await this.registering.of(() => registerKeys(userId), items);
    const [cameOnline, replaced, live, since, added, watchers, inbox, ...visible] = reply as Registered;
    if (replaced.length > 0) await this.clearReplaced(userId, replaced);
    if (added === 0) await this.cleared.of(index, place);
    return {
      cameOnline: cameOnline === 1,
      replaced: toConnections(replaced),
      live,
      since,
      outranked: added === 0,
      visible: toVisible(visible),
      watchers: watchers.map((field) => toGateway(String(field))),
      inbox: inbox ? toPosition(inbox) : undefined,
    };
  }

  async remove(userId: string, connectionId: string): Promise<RemoveResult> {
    const reply = await this.removing.of(() => ownKeys(userId), [presenceKey(userId), connectionId]);
    const [removed, value, remaining, ...visible] = reply as Removed;
    if (value) await this.clearIndex(userId, connectionId, value);
    return { removed: removed === 1, remaining, visible: toVisible(visible) };
  }

  sweep(gateway: GatewayProcess, connections: readonly Place[]): Promise<readonly RemoveResult[]> {
    return perCall(this.server, connections, (some) => this.sweepSome(gateway, some));
  }

  refresh(connections: readonly Place[]): Promise<readonly string[]> {
    return perCall(this.server, connections, (some) => this.refreshSome(some));
  }

  /** On a cluster one by one: a shard that is away fails its own users only. */
  async locate(userId: string): Promise<readonly Connection[]> {
    if (!this.server.oneSlotPerCall) return this.located.of(userId);
    const [connections = []] = await this.locateSome([userId]);
    return connections;
  }

  async setStatus(userId: string, connectionId: string, status: PresenceStatus): Promise<StatusResult> {
    const reply = await this.server.script('setstatus', ownKeys(userId), [this.ttlMs, connectionId, status]);
    const [changed, live, ...visible] = reply as [number, Reply[], ...Reply[]];
    return { changed: changed === 1, connections: toConnections(live), visible: toVisible(visible) };
  }

  describe(userIds: readonly string[]): Promise<readonly UserPresence[]> {
    return perCall(this.server, userIds, (some) => this.describeSome(some));
  }

  async ofGateway(gatewayId: string, incarnation: string, cursor: string, limit: number) {
    const reply = await this.server.call('sscan', indexKey(gatewayId, incarnation), cursor, 'COUNT', limit);
    const [next, members] = reply as unknown as [string, string[]];
    return { cursor: next, connections: members.map(toPlace) };
  }

  private async locateSome(userIds: readonly string[]): Promise<Connection[][]> {
    const reply = await this.server.script('locate', userIds.map(presenceKey), [this.ttlMs]);
    return (unpackReply(reply) as readonly Reply[][]).map(toConnections);
  }

  private async refreshSome(some: readonly Place[]): Promise<string[]> {
    const keys = some.map(({ userId }) => presenceKey(userId));
    const reply = await this.server.script('refresh', keys, [this.ttlMs, ...some.map((c) => c.connectionId)]);
    const [missing, gateways] = reply as [number[], Reply[]];
    const indexes = gateways.map(toGatewayProcess).map((g) => indexKey(g.gateway, g.incarnation));
    await Promise.all(indexes.map((index) => this.extendIndex(index)));
    return missing.map((i) => (some[i] as Place).connectionId);
  }

  /** As `remove`, an entry of the index whose connection was not found stays: its registration may be on its way. */
  private async sweepSome(gateway: GatewayProcess, some: readonly Place[]): Promise<RemoveResult[]> {
    const { gatewayId, incarnation } = gateway;
    const keys = some.flatMap(({ userId }) => ownKeys(userId));
    const args = [this.ttlMs, processPart(gateway), ...some.map((place) => place.connectionId)];
    const replies = (await this.server.script('sweep', keys, args)) as readonly Removed[];
    const found = some.filter((_, i) => replies[i]?.[1]).map(member);
    if (found.length > 0) await this.server.call('srem', indexKey(gatewayId, incarnation), found);
    return replies.map(([removed, , remaining, ...visible]) => ({
      removed: removed === 1,
      remaining,
      visible: toVisible(visible),
    }));
  }

  private async describeSome(userIds: readonly string[]): Promise<UserPresence[]> {
    const keys = userIds.flatMap(ownKeys);
    const reply = (await this.server.script('overview', keys, [this.ttlMs])) as readonly Reply[][];
    return userIds.map((userId, i) => ({
      userId,
      connections: toConnections(reply[2 * i] ?? []),
      visible: toVisible(reply[2 * i + 1] ?? []),
    }));
  }

  /** As lua/register.lua takes them. A name for a new epoch is what tells it that the inbox is to be opened. */
  private itemsOf(connection: NewConnection, most: number, index: string, place: string): Item[] {
    const { userId, connectionId, device, since = 0, lateMs = 0, opening } = connection;
    return [
      presenceKey(userId),
      most,
      connectionId,
      valueTail(connection),
      since > 0 ? String(since) : String(-lateMs),
      index,
      place,
      String(opening?.after ?? ''),
      device ?? '',
      opening ? this.newEpoch() : '',
    ];
  }

  private extendIndex(index: string): Promise<Reply> {
    return this.server.call('pexpire', index, 2 * this.ttlMs);
  }

  private async clearReplaced(userId: string, replaced: readonly Reply[]): Promise<void> {
    for (let i = 0; i < replaced.length; i += 2) await this.clearIndex(userId, String(replaced[i]), replaced[i + 1]);
  }

  private clearIndex(userId: string, connectionId: string, value: Reply | undefined): Promise<unknown> {
    const { gateway, incarnation } = toValue(value);
    return this.cleared.of(indexKey(gateway, incarnation), member({ userId, connectionId }));
  }
}

/** The connections and what is known of a user: in one slot. */
function ownKeys(userId: string): [presence: string, meta: string] {
  const { owner, meta } = logKeys({ kind: 'inbox', id: userId });
  return [owner, meta];
}

/** All that lua/register.lua touches. */
function registerKeys(userId: string): string[] {
  const { owner, meta, log } = logKeys({ kind: 'inbox', id: userId });
  return [owner, meta, watchersKey(userId), log];
}

function toPosition([epoch, lastMessageId, firstMessageId, cursor]: Exclude<Registered[6], false>): LogPosition {
  return { epoch: String(epoch), lastMessageId, firstMessageId, cursor };
}

/** As lua/visible.lua answers. */
function toVisible([status, before, version, seen]: readonly Reply[]): Visible {
  const now = String(status) as PresenceStatus;
  const lastSeen = now === 'offline' && seen ? Number(String(seen)) : undefined;
  return { status: now, before: String(before) as PresenceStatus, version: Number(version), lastSeen };
}

function member({ userId, connectionId }: Place): string {
  return `[${jsonText(userId)},${jsonText(connectionId)}]`;
}

function toPlace(text: string): Place {
  const [userId, connectionId] = JSON.parse(text) as [string, string];
  return { userId, connectionId };
}
