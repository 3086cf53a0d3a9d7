import {
  EngineUnavailableError,
  type Conversations,
  type Engine,
  type EngineSettings,
  type Leases,
  type Log,
  type LogPosition,
  type NewConnection,
  type Presence,
  type Watchers,
} from '../port.js';
import { DirectoryLock } from './directory-lock.js';
import { EmbeddedConversations, type Run, type Stores } from './embedded-conversations.js';
import { EmbeddedLog } from './embedded-log.js';
import { GroupCommit } from './group-commit.js';
import { LogStore } from './log-store.js';
import { MemberStore } from './member-store.js';
import { MemoryGateways } from './memory-gateways.js';
import { MemoryLeases } from './memory-leases.js';
import { MemoryPresence } from './memory-presence.js';
import { MemoryWatchers } from './memory-watchers.js';

interface Running {
  readonly lock: DirectoryLock;
  readonly stores: Stores;
  readonly commits: GroupCommit;
  readonly log: EmbeddedLog;
}

/**
 * The engine in one process. On disk (LMDB): logs, members and their places, when users were last seen. In memory: connections, watchers,
 * subscriptions and leases, since all that they stand for ends with the process.
 */
export class EmbeddedEngine implements Engine {
  readonly presence: Presence;
  readonly watchers: Watchers;
  readonly conversations: Conversations;
  readonly leases: Leases;
  private readonly connections: MemoryPresence;
  private readonly subscribers: MemoryGateways;
  private running: Running | undefined;

  constructor(
    private readonly directory: string,
    private readonly settings: EngineSettings,
    private readonly now: () => number = Date.now,
  ) {
    const ttlMs = settings.presenceTtlMs;
    const lastSeen = {
      save: (userId: string, at: number) => this.run(({ members }) => members.saveSeen(userId, at)),
      of: (userIds: readonly string[]) => this.run(({ members }) => userIds.map((userId) => members.lastSeen(userId))),
    };
    this.presence = this.connections = new MemoryPresence(ttlMs, now, lastSeen, (connection) =>
      this.position(connection),
    );
    this.watchers = new MemoryWatchers(ttlMs, now);
    this.subscribers = new MemoryGateways(ttlMs, now);
    this.conversations = new EmbeddedConversations(this.run, this.subscribers, now);
    this.leases = new MemoryLeases(now);
  }

  /** As long as the engine is not started, every call is refused. */
  readonly log: Log = {
    append: async (log, entries, options) => (await this.ready()).log.append(log, entries, options),
    read: async (log, after, limit) => (await this.ready()).log.read(log, after, limit),
    open: async (log, options) => (await this.ready()).log.open(log, options),
    acknowledge: async (log, ack) => (await this.ready()).log.acknowledge(log, ack),
    status: async (log, reader) => (await this.ready()).log.status(log, reader),
    isKnown: async (userId) => (await this.ready()).log.isKnown(userId),
  };

  async start(): Promise<void> {
    if (this.running) return;
    const lock = DirectoryLock.take(this.directory);
    const logs = await openStore(this.directory, lock);
    const stores = { logs, members: new MemberStore(logs.root) };
    const commits = new GroupCommit(logs.root);
    const log = new EmbeddedLog(commits, stores, this.settings, this.now, {
      connections: (userId) => this.connections.locateNow(userId),
      gateways: (conversation) => this.subscribers.idsOf(conversation),
    });
    this.running = { lock, stores, commits, log };
  }

  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    if (!running) return;
    await running.commits.close();
    await running.stores.logs.root.close();
    await running.lock.release();
  }

  async ping(_timeoutMs: number): Promise<void> {
    await this.ready();
  }

  private async position({ userId, device, opening }: NewConnection): Promise<LogPosition> {
    const reader = { ...opening, ...(device !== undefined && { device }), limit: 1 };
    const { entries: _, ...position } = await this.log.open({ kind: 'inbox', id: userId }, reader);
    return position;
  }

  private readonly run: Run = async (job) => {
    const { commits, stores } = await this.ready();
    return commits.run(() => job(stores));
  };

  private ready(): Promise<Running> {
    if (this.running) return Promise.resolve(this.running);
    return Promise.reject(new EngineUnavailableError('The engine is not started.'));
  }
}

async function openStore(directory: string, lock: DirectoryLock): Promise<LogStore> {
  try {
    return new LogStore(directory);
  } catch (error) {
    await lock.release();
    throw error;
  }
}
