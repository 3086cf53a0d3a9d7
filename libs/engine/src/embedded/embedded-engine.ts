import {
  EngineUnavailableError,
  type Engine,
  type EngineSettings,
  type Leases,
  type Log,
  type Presence,
} from '../port.js';
import { DirectoryLock } from './directory-lock.js';
import { EmbeddedLog } from './embedded-log.js';
import { GroupCommit } from './group-commit.js';
import { LogStore } from './log-store.js';
import { MemoryLeases } from './memory-leases.js';
import { MemoryPresence } from './memory-presence.js';

interface Running {
  readonly lock: DirectoryLock;
  readonly store: LogStore;
  readonly commits: GroupCommit;
  readonly log: EmbeddedLog;
}

/** The engine in one process: logs on disk (LMDB), presence and leases in memory. */
export class EmbeddedEngine implements Engine {
  readonly presence: Presence;
  readonly leases: Leases;
  private readonly connections: MemoryPresence;
  private running: Running | undefined;

  constructor(
    private readonly directory: string,
    private readonly settings: EngineSettings,
    private readonly now: () => number = Date.now,
  ) {
    this.presence = this.connections = new MemoryPresence(settings.presenceTtlMs, now);
    this.leases = new MemoryLeases(now);
  }

  /** As long as the engine is not started, every call is refused. */
  readonly log: Log = {
    append: async (log, entries) => (await this.ready()).append(log, entries),
    read: async (log, after, limit) => (await this.ready()).read(log, after, limit),
    open: async (log, options) => (await this.ready()).open(log, options),
    acknowledge: async (log, ack) => (await this.ready()).acknowledge(log, ack),
  };

  async start(): Promise<void> {
    if (this.running) return;
    const lock = DirectoryLock.take(this.directory);
    const store = await openStore(this.directory, lock);
    const commits = new GroupCommit(store.root);
    const locate = (userId: string) => this.connections.locateNow(userId);
    this.running = { lock, store, commits, log: new EmbeddedLog(commits, store, this.settings, this.now, locate) };
  }

  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    if (!running) return;
    await running.commits.close();
    await running.store.root.close();
    await running.lock.release();
  }

  async ping(_timeoutMs: number): Promise<void> {
    await this.ready();
  }

  private ready(): Promise<EmbeddedLog> {
    if (this.running) return Promise.resolve(this.running.log);
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
