import type { GatewayProcess, Watchers } from '../port.js';
import { gatewayField, toGateway, watchersKey } from './keys.js';
import { perCall } from './per-call.js';
import type { RedisServer, Reply } from './redis-server.js';

/** A hash of gateways per watched user. */
export class RedisWatchers implements Watchers {
  constructor(
    private readonly server: RedisServer,
    private readonly ttlMs: number,
  ) {}

  async add(userIds: readonly string[], gateway: GatewayProcess): Promise<void> {
    const args = [this.ttlMs, gatewayField(gateway)];
    await perCall(this.server, userIds, async (some) => {
      await this.server.script('attach', some.map(watchersKey), args);
      return [];
    });
  }

  async remove(userIds: readonly string[], gateway: GatewayProcess): Promise<void> {
    await perCall(this.server, userIds, async (some) => {
      await this.server.script('detach', some.map(watchersKey), [gatewayField(gateway)]);
      return [];
    });
  }

  async of(userId: string): Promise<readonly GatewayProcess[]> {
    return (await this.ofSome([userId]))[0] ?? [];
  }

  ofEach(userIds: readonly string[]): Promise<readonly (readonly GatewayProcess[])[]> {
    return perCall(this.server, userIds, (some) => this.ofSome(some));
  }

  private async ofSome(userIds: readonly string[]): Promise<readonly (readonly GatewayProcess[])[]> {
    const hashes = (await this.server.script('attached', userIds.map(watchersKey), [])) as readonly Reply[][];
    return hashes.map((fields) => fields.map((field) => toGateway(String(field))));
  }
}
