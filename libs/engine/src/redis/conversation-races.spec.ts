import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisServer as TestServer } from '#testing';
import { freshId } from '../contract/harness.js';
import { EngineUnavailableError } from '../port.js';
import { conversationKeys, membershipsKey } from './keys.js';
import { RedisConversations } from './redis-conversations.js';
import { RedisServer, type Reply } from './redis-server.js';

const suite = TestServer.available ? describe : describe.skip;

/** A connection on which a test holds or loses the second write of a join (`zadd`) and of a leave (`unlist`). */
class GatedServer extends RedisServer {
  private gate: { readonly command: string; readonly arrive: () => void; readonly opened: Promise<void> } | undefined;

  /** Holds the next such command: `arrived` when it is due, `release` lets it through, `lose` fails it as a dead connection would. */
  hold(command: string) {
    const { promise: arrived, resolve: arrive } = withResolvers();
    const { promise: opened, resolve: release, reject } = withResolvers();
    this.gate = { command, arrive, opened };
    return { arrived, release, lose: () => reject(new EngineUnavailableError('gone')) };
  }

  override async call(...args: Parameters<RedisServer['call']>): Promise<Reply> {
    await this.pass(args[0]);
    return super.call(...args);
  }

  override async script(...args: Parameters<RedisServer['script']>): Promise<Reply> {
    await this.pass(args[0]);
    return super.script(...args);
  }

  private async pass(command: string): Promise<void> {
    const { gate } = this;
    if (command !== gate?.command) return;
    this.gate = undefined;
    gate.arrive();
    await gate.opened;
  }
}

function withResolvers() {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((done, fail) => ((resolve = done), (reject = fail)));
  return { promise, resolve, reject };
}

const LIST = 'zadd';
const UNLIST = 'unlist';

/** Members lie in the conversation's slot, a user's list in the user's: between the two writes anything may happen. */
suite('joining and leaving on Redis, held between the two writes', () => {
  let redis: TestServer;
  let gated: GatedServer;
  let other: RedisServer;
  /** Two clients of the same data; calls of the first are held. */
  let first: RedisConversations;
  let second: RedisConversations;
  let general: string;
  let alice: string;

  beforeAll(async () => {
    redis = await TestServer.start();
    [gated, other] = [new GatedServer(redis.url), new RedisServer(redis.url)];
    await Promise.all([gated.start(), other.start()]);
    [first, second] = [gated, other].map((server) => new RedisConversations(server, 90_000, () => 'epoch')) as [
      RedisConversations,
      RedisConversations,
    ];
  });
  beforeEach(() => {
    [general, alice] = [freshId('general'), freshId('alice')];
  });
  afterAll(async () => {
    await Promise.all([gated.stop(), other.stop()]);
    await redis.stop();
  });

  const state = async () => ({
    member: await second.isMember(general, alice),
    listed: (await second.of(alice)).map((one) => one.conversation),
  });
  const entries = () => redis.withClient((client) => client.zcard(membershipsKey(alice)));

  it('a join that dies leaves a member whom the list does not show; repeated, it lists', async () => {
    const held = gated.hold(LIST);
    const joining = first.join(general, alice);
    await held.arrived;
    held.lose();
    await expect(joining).rejects.toBeInstanceOf(EngineUnavailableError);
    expect(await state()).toEqual({ member: true, listed: [] });
    expect(await first.join(general, alice)).toBe(false);
    expect(await state()).toEqual({ member: true, listed: [general] });
  });

  it('a leave that dies leaves an entry that is not shown, and goes when somebody looks', async () => {
    await first.join(general, alice);
    const held = gated.hold(UNLIST);
    const leaving = first.leave(general, alice);
    await held.arrived;
    held.lose();
    await expect(leaving).rejects.toBeInstanceOf(EngineUnavailableError);
    expect(await entries()).toBe(1);
    expect(await state()).toEqual({ member: false, listed: [] });
    expect(await entries()).toBe(0);
  });

  it('a leave that died does so too when repeated', async () => {
    await first.join(general, alice);
    const held = gated.hold(UNLIST);
    const leaving = first.leave(general, alice);
    await held.arrived;
    held.lose();
    await expect(leaving).rejects.toBeInstanceOf(EngineUnavailableError);
    expect(await first.leave(general, alice)).toMatchObject({ left: false });
    expect(await entries()).toBe(0);
  });

  it('a leave that is late at the list does not take out the join after it', async () => {
    await first.join(general, alice);
    const held = gated.hold(UNLIST);
    const leaving = first.leave(general, alice);
    await held.arrived;
    expect(await second.join(general, alice)).toBe(true);
    held.release();
    expect(await leaving).toMatchObject({ left: true });
    expect(await state()).toEqual({ member: true, listed: [general] });
  });

  it('a repeated leave that is late at the list does not take out the join after it', async () => {
    await first.join(general, alice);
    await first.leave(general, alice);
    const held = gated.hold(UNLIST);
    const leaving = first.leave(general, alice);
    await held.arrived;
    await second.join(general, alice);
    held.release();
    expect(await leaving).toMatchObject({ left: false });
    expect(await state()).toEqual({ member: true, listed: [general] });
  });

  it('a join that is late at the list does not show a membership that has ended', async () => {
    const held = gated.hold(LIST);
    const joining = first.join(general, alice);
    await held.arrived;
    expect(await second.leave(general, alice)).toMatchObject({ left: true });
    held.release();
    expect(await joining).toBe(true);
    expect(await entries()).toBe(1);
    expect(await state()).toEqual({ member: false, listed: [] });
    expect(await entries()).toBe(0);
  });

  it('a join that is late at the list does not make the entry of a later one older', async () => {
    const held = gated.hold(LIST);
    const joining = first.join(general, alice);
    await held.arrived;
    await second.leave(general, alice);
    await second.join(general, alice);
    held.release();
    await joining;
    // If the entry were that of the first join, a late leave of the first would take it out.
    const [members, list] = await redis.withClient(async (client) => {
      const entry = await client.zrange(membershipsKey(alice), '0', '-1', 'WITHSCORES');
      return [await client.hvals(conversationKeys(general).members), entry];
    });
    expect(members).toContain(list[1]);
    expect(await state()).toEqual({ member: true, listed: [general] });
  });

  it('a look that finds an ended membership does not take out the join after it', async () => {
    await first.join(general, alice);
    const dying = gated.hold(UNLIST);
    const leaving = first.leave(general, alice);
    await dying.arrived;
    dying.lose();
    await expect(leaving).rejects.toBeInstanceOf(EngineUnavailableError);
    const held = gated.hold(UNLIST);
    const looking = first.of(alice);
    await held.arrived;
    await second.join(general, alice);
    held.release();
    expect(await looking).toEqual([]);
    expect(await state()).toEqual({ member: true, listed: [general] });
  });

  it('memberships are numbered upwards, though the clock stepped back, and after all was lost', async () => {
    const { members, meta } = conversationKeys(general);
    const numberOf = async () => {
      await first.join(general, alice);
      const [, score] = await redis.withClient((client) =>
        client.zrange(membershipsKey(alice), '0', '-1', 'WITHSCORES'),
      );
      return Number(score);
    };
    const ahead = (await numberOf()) + 60_000;
    await redis.withClient((client) => client.hset(meta, 'joined', ahead));
    await first.leave(general, alice);
    expect(await numberOf()).toBe(ahead + 1);
    await redis.withClient((client) => client.del(meta, members));
    expect(await numberOf()).toBe(ahead + 1);
    expect(await state()).toEqual({ member: true, listed: [general] });
  });
});
