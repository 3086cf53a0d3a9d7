import type { Engine, EngineSettings } from '../port.js';
import { RedisConversations } from './redis-conversations.js';
import { RedisLeases } from './redis-leases.js';
import { RedisLog } from './redis-log.js';
import { RedisPresence } from './redis-presence.js';
import { RedisServer, within } from './redis-server.js';
import { RedisWatchers } from './redis-watchers.js';

/** The engine on Redis ≥ 7.0 or Valkey ≥ 7.2: one server, Sentinel or Cluster. */
export class RedisEngine implements Engine {
  readonly log: RedisLog;
  readonly presence: RedisPresence;
  readonly watchers: RedisWatchers;
  readonly conversations: RedisConversations;
  readonly leases: RedisLeases;
  private readonly server: RedisServer;
  /** Appends: a connection that waits for replicas keeps everything behind it waiting, so then they have their own. */
  private readonly appends: RedisServer;

  constructor(url: string, settings: EngineSettings, onError?: (error: Error) => void, waitReplicas = 0) {
    this.server = new RedisServer(url, onError);
    this.appends = waitReplicas > 0 ? new RedisServer(url, onError, waitReplicas) : this.server;
    this.log = new RedisLog(this.server, settings, this.appends);
    this.presence = new RedisPresence(this.server, settings, () => this.log.newEpoch());
    this.watchers = new RedisWatchers(this.server, settings.presenceTtlMs);
    this.conversations = new RedisConversations(this.server, settings.presenceTtlMs, () => this.log.newEpoch());
    this.leases = new RedisLeases(this.server);
  }

  async start(): Promise<void> {
    await Promise.all([...this.servers()].map((server) => server.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.servers()].map((server) => server.stop()));
  }

  private servers(): Set<RedisServer> {
    return new Set([this.server, this.appends]);
  }

  async ping(timeoutMs: number): Promise<void> {
    await within(timeoutMs, this.server.call('ping'));
  }
}
