import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisServer as TestServer } from '#testing';
import { connection, freshId } from '../contract/harness.js';
import { EngineUnavailableError } from '../port.js';
import { presenceKey } from './keys.js';
import { RedisPresence } from './redis-presence.js';
import { RedisServer, type Reply } from './redis-server.js';
import { DEFAULT_ENGINE_SETTINGS } from '../settings.js';

const suite = TestServer.available ? describe : describe.skip;

/** Counts what is sent, and loses what a test wants lost. */
class WatchedServer extends RedisServer {
  sent: string[] = [];
  lost: string | undefined;

  override async call(...args: Parameters<RedisServer['call']>): Promise<Reply> {
    this.note(args[0]);
    return super.call(...args);
  }

  override async script(...args: Parameters<RedisServer['script']>): Promise<Reply> {
    this.note(args[0]);
    return super.script(...args);
  }

  private note(command: string): void {
    this.sent.push(command);
    if (command === this.lost) throw new EngineUnavailableError('gone');
  }
}

suite('registering and removing many users in one turn, on Redis', () => {
  let redis: TestServer;
  let server: WatchedServer;
  let presence: RedisPresence;
  const process = { gatewayId: 'gateway-01', incarnation: 'first' };
  const users = (count: number) => Array.from({ length: count }, (_, i) => freshId(`user ${i}`));
  const register = (user: string, changes = {}) => presence.register(connection(user, `c of ${user}`, changes), 3);
  const indexed = async () =>
    (await presence.ofGateway(process.gatewayId, process.incarnation, '0', 1_000)).connections.map((c) => c.userId);

  beforeAll(async () => {
    redis = await TestServer.start();
    server = new WatchedServer(redis.url);
    await server.start();
    presence = new RedisPresence(server, DEFAULT_ENGINE_SETTINGS, () => 'new');
  });
  afterEach(async () => {
    server.lost = undefined;
    server.sent = [];
    await redis.withClient((client) => client.flushall());
  });
  afterAll(async () => {
    await server.stop();
    await redis.stop();
  });

  it('asks once for 64 of them, and writes each gateway’s index once', async () => {
    const all = users(80);
    await Promise.all(all.map((user, i) => register(user, { gatewayId: `gateway-0${i % 2}` })));
    expect(server.sent).toEqual(['register', 'register']);
    server.sent = [];
    await Promise.all(all.map((user) => presence.remove(user, `c of ${user}`)));
    expect(server.sent).toEqual(['remove', 'remove', 'srem', 'srem']);
    expect(await redis.withClient((client) => client.keys('connections:*'))).toEqual([]);
  });

  it('keeps a user who cannot be written from harming others of the same call', async () => {
    const [before, broken, after] = users(3) as [string, string, string];
    await redis.withClient((client) => client.set(presenceKey(broken), 'not a hash'));
    const wrong = { status: 'rejected', reason: { message: expect.stringContaining('WRONGTYPE') } };
    const registered = await Promise.allSettled([before, broken, after].map((user) => register(user)));
    const came = { status: 'fulfilled', value: { cameOnline: true } };
    expect(registered).toMatchObject([came, wrong, came]);
    const left = await Promise.allSettled([before, broken, after].map((user) => presence.remove(user, `c of ${user}`)));
    const went = { status: 'fulfilled', value: { removed: true } };
    expect(left).toMatchObject([went, wrong, went]);
    expect(await indexed()).toEqual([broken]);
  });

  it('enters nobody whose index can not be written, and clears no index of whom it could not remove', async () => {
    const [kept, never] = users(2) as [string, string];
    await register(kept);
    await redis.withClient((client) => client.set('connections:{away/first}', 'not a set'));
    await expect(register(never, { gatewayId: 'away' })).rejects.toThrow('WRONGTYPE');
    expect(await presence.locate(never)).toEqual([]);
    server.lost = 'remove';
    await expect(presence.remove(kept, `c of ${kept}`)).rejects.toBeInstanceOf(EngineUnavailableError);
    expect(await indexed()).toEqual([kept]);
  });

  it('starts the life of an index anew that was emptied meanwhile', async () => {
    const [first, second] = users(2) as [string, string];
    for (const user of [first, second]) {
      await register(user);
      const ttl = await redis.withClient((client) => client.pttl('connections:{gateway-01/first}'));
      expect(ttl).toBeGreaterThan(170_000);
      await presence.remove(user, `c of ${user}`);
    }
  });
});
