import type { GatewayProcess, Watchers } from '../port.js';
import { MemoryGateways } from './memory-gateways.js';

/** Watchers of one process, in memory: they end with it. */
export class MemoryWatchers implements Watchers {
  private readonly gateways: MemoryGateways;

  constructor(ttlMs: number, now: () => number) {
    this.gateways = new MemoryGateways(ttlMs, now);
  }

  add(userIds: readonly string[], gateway: GatewayProcess): Promise<void> {
    for (const userId of userIds) this.gateways.attach(userId, gateway);
    return Promise.resolve();
  }

  remove(userIds: readonly string[], gateway: GatewayProcess): Promise<void> {
    for (const userId of userIds) this.gateways.detach(userId, gateway);
    return Promise.resolve();
  }

  of(userId: string): Promise<readonly GatewayProcess[]> {
    return Promise.resolve(this.gateways.of(userId));
  }

  ofEach(userIds: readonly string[]): Promise<readonly (readonly GatewayProcess[])[]> {
    return Promise.resolve(userIds.map((userId) => this.gateways.of(userId)));
  }
}
