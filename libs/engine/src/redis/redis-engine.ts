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

  constructor(url: string, settings: EngineSettings, onError?: (error: Error) => void) {
    this.server = new RedisServer(url, onError);
    this.log = new RedisLog(this.server, settings);
    this.presence = new RedisPresence(this.server, settings.presenceTtlMs);
    this.watchers = new RedisWatchers(this.server, settings.presenceTtlMs);
    this.conversations = new RedisConversations(this.server, settings.presenceTtlMs, () => this.log.newEpoch());
    this.leases = new RedisLeases(this.server);
  }

  start(): Promise<void> {
    return this.server.start();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  async ping(timeoutMs: number): Promise<void> {
    await within(timeoutMs, this.server.call('ping'));
  }
}
