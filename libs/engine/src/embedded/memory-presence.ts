import type {
  Connection,
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
import { VisibleStatuses, type LastSeen } from './visible-statuses.js';

interface Place {
  readonly userId: string;
  readonly connectionId: string;
}

interface Entry extends Omit<NewConnection, 'status' | 'since' | 'lateMs' | 'opening'> {
  status: PresenceStatus;
  timestamp: number;
  /** Place among the user's connections. */
  readonly since: number;
  /** Place in the order of registration, within the process. */
  readonly order: number;
}

/** Presence of one process's own connections, in memory: they end with it. Each method looks and changes in one turn, and so is atomic. */
export class MemoryPresence implements Presence {
  private readonly users = new Map<string, Map<string, Entry>>();
  private readonly statuses: VisibleStatuses;
  /** From 1: it is the cursor of a page that ends with this entry, and '0' says that there is no further one. */
  private order = 1;

  constructor(
    private readonly ttlMs: number,
    private readonly now: () => number,
    lastSeen: LastSeen,
    private readonly openInbox: (connection: NewConnection) => Promise<LogPosition>,
  ) {
    this.statuses = new VisibleStatuses(now, lastSeen);
  }

  async register(connection: NewConnection, maxConnections: number): Promise<RegisterResult> {
    const { userId, connectionId, opening } = connection;
    const live = this.live(userId);
    const known = live.find((entry) => entry.connectionId === connectionId);
    const place = connection.since ?? (connection.lateMs ? this.now() - connection.lateMs : undefined);
    const since = known?.since ?? place ?? Math.max(this.now(), (live.at(-1)?.since ?? 0) + 1);
    const outranked = !known && place !== undefined && isOutranked(connection, since, live, maxConnections);
    const replaced = outranked ? [] : replacedBy(connection, live, maxConnections);
    if (!outranked)
      this.put({ ...connection, timestamp: this.now(), since, order: known?.order ?? this.order++ }, replaced);
    const connections = this.locateNow(userId);
    const [visible, inbox] = await Promise.all([
      this.visible(userId, connections, this.now()),
      // What is appended meanwhile finds the connection, and may be before its position besides.
      opening && !outranked ? this.openInbox(connection) : undefined,
    ]);
    return {
      live: connections.length,
      replaced: replaced.map(toConnection),
      cameOnline: live.length === 0,
      since,
      outranked,
      visible,
      ...(inbox && { inbox }),
    };
  }

  private put(entry: Entry, replaced: readonly Entry[]): void {
    const entries = this.users.get(entry.userId) ?? new Map<string, Entry>();
    for (const old of replaced) entries.delete(old.connectionId);
    entries.set(entry.connectionId, entry);
    this.users.set(entry.userId, entries);
  }

  async remove(userId: string, connectionId: string): Promise<RemoveResult> {
    const stale = this.users.get(userId)?.get(connectionId)?.timestamp;
    const removed = this.live(userId).some((entry) => entry.connectionId === connectionId);
    if (removed) this.drop(userId, connectionId);
    const left = this.locateNow(userId);
    const visible = await this.visible(userId, left, removed ? this.now() : stale);
    return { removed, remaining: left.length, visible };
  }

  refresh(
    connections: readonly { readonly userId: string; readonly connectionId: string }[],
  ): Promise<readonly string[]> {
    const missing: string[] = [];
    for (const { userId, connectionId } of connections) {
      const entry = this.live(userId).find((live) => live.connectionId === connectionId);
      if (entry) entry.timestamp = this.now();
      else missing.push(connectionId);
    }
    return Promise.resolve(missing);
  }

  locate(userId: string): Promise<readonly Connection[]> {
    return Promise.resolve(this.locateNow(userId));
  }

  async setStatus(userId: string, connectionId: string, status: PresenceStatus): Promise<StatusResult> {
    const entry = this.live(userId).find((live) => live.connectionId === connectionId);
    const changed = entry !== undefined && entry.status !== status;
    if (changed) entry.status = status;
    const connections = this.locateNow(userId);
    return { changed, connections, visible: await this.visible(userId, connections, this.now()) };
  }

  describe(userIds: readonly string[]): Promise<readonly UserPresence[]> {
    return Promise.all(userIds.map((userId) => this.describeOne(userId)));
  }

  /** As `locate`, at this very instant: for the append. */
  locateNow(userId: string): readonly Connection[] {
    return this.live(userId).map(toConnection);
  }

  ofGateway(gatewayId: string, incarnation: string, cursor: string, limit: number) {
    const after = cursor === '0' ? -1 : Number(cursor);
    const found: Entry[] = [];
    for (const entries of this.users.values()) {
      for (const entry of entries.values()) {
        if (entry.gatewayId === gatewayId && entry.incarnation === incarnation && entry.order > after)
          found.push(entry);
      }
    }
    found.sort((a, b) => a.order - b.order);
    const connections = found.slice(0, limit).map(({ userId, connectionId }) => ({ userId, connectionId }));
    return Promise.resolve({ cursor: found.length > limit ? String(found[limit - 1]?.order) : '0', connections });
  }

  sweep({ gatewayId, incarnation }: GatewayProcess, connections: readonly Place[]): Promise<readonly RemoveResult[]> {
    return Promise.all(
      connections.map(async ({ userId, connectionId }) => {
        const entry = this.live(userId).find((live) => live.connectionId === connectionId);
        if (!entry || (entry.gatewayId === gatewayId && entry.incarnation === incarnation))
          return this.remove(userId, connectionId);
        const live = this.locateNow(userId);
        return { removed: false, remaining: live.length, visible: await this.visible(userId, live, this.now()) };
      }),
    );
  }

  private async describeOne(userId: string): Promise<UserPresence> {
    const known = [...(this.users.get(userId)?.values() ?? [])];
    const connections = this.locateNow(userId);
    const stale = known.map(({ timestamp }) => timestamp).filter((at) => at <= this.now() - this.ttlMs);
    return { userId, connections, visible: await this.visible(userId, connections, Math.max(...stale)) };
  }

  /** `left`: when the user was last visible if these leave nobody to see; by default the latest time it can have been. */
  private visible(userId: string, live: readonly Connection[], left = -Infinity): Promise<Visible> {
    const statuses = live.map(({ status }) => status);
    return this.statuses.see(userId, statuses, Number.isFinite(left) ? left : this.now() - this.ttlMs);
  }

  /** Live entries, oldest first; those not refreshed for the TTL are dropped on the way. */
  private live(userId: string): Entry[] {
    const entries = this.users.get(userId);
    if (!entries) return [];
    const deadline = this.now() - this.ttlMs;
    for (const entry of entries.values()) if (entry.timestamp <= deadline) this.drop(userId, entry.connectionId);
    return [...entries.values()].sort((a, b) => a.since - b.since || a.order - b.order);
  }

  private drop(userId: string, connectionId: string): void {
    const entries = this.users.get(userId);
    entries?.delete(connectionId);
    if (entries?.size === 0) this.users.delete(userId);
  }
}

/** Of two with one place, the one that is there came later. */
function isOutranked(
  { device }: NewConnection,
  since: number,
  live: readonly Entry[],
  maxConnections: number,
): boolean {
  const newer = live.filter((entry) => entry.since >= since);
  return newer.length >= maxConnections || newer.some((entry) => device !== undefined && entry.device === device);
}

/** The same device's, and the oldest beyond the number allowed, the new one counted. */
function replacedBy(connection: NewConnection, live: readonly Entry[], maxConnections: number): Entry[] {
  const others = live.filter((entry) => entry.connectionId !== connection.connectionId);
  const sameDevice = (entry: Entry) => connection.device !== undefined && entry.device === connection.device;
  const kept = others.filter((entry) => !sameDevice(entry));
  return [...others.filter(sameDevice), ...kept.slice(0, Math.max(0, kept.length + 1 - maxConnections))];
}

function toConnection({ connectionId, gatewayId, device, status, timestamp }: Entry): Connection {
  return { connectionId, gatewayId, status, timestamp, ...(device !== undefined && { device }) };
}
