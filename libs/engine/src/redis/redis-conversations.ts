import type { ConversationDescription, Conversations, GatewayProcess, LeaveResult, Membership } from '../port.js';
import { conversationKeys, gatewayField, gatewayIds, membershipsKey } from './keys.js';
import { perCall } from './per-call.js';
import type { RedisServer, Reply } from './redis-server.js';

/** The conversations of one user that are looked at. */
const LISTED = 1000;

interface Listed {
  readonly conversation: string;
  /** The number of the membership that put it there: its time, ms. */
  readonly joined: number;
}

/**
 * A conversation's members lie in its slot, a user's list of conversations in the user's, so the two are not written in one step. The
 * members are what counts; they are written first. A membership has a number that rises with every join (lua/join.lua). A list's entry
 * goes only by the number it was put there with, or a higher one, so whatever comes late takes nothing out that is newer:
 * - join dies in between: a member whom the list does not show; join again says "was one", and lists.
 * - leave dies in between: an entry without a membership, which `of` does not show and takes out.
 * - leave of membership 1 | join of membership 2 | leave takes 1 out of the list: 2 stays.
 * - join of membership 1 | leave of it | join lists 1: as if leave had died.
 */
export class RedisConversations implements Conversations {
  constructor(
    private readonly server: RedisServer,
    private readonly ttlMs: number,
    private readonly newEpoch: () => string,
  ) {}

  async join(conversation: string, userId: string): Promise<boolean> {
    const { members, meta } = conversationKeys(conversation);
    const [joined, number] = (await this.server.script('join', [members, meta], [userId])) as [number, number];
    await this.server.call('zadd', membershipsKey(userId), 'GT', number, conversation);
    return joined === 1;
  }

  async leave(conversation: string, userId: string): Promise<LeaveResult> {
    const { members, meta, subscribers } = conversationKeys(conversation);
    const reply = await this.server.script('leave', [members, meta, subscribers], [userId]);
    const [left, number, gateways] = reply as [number, number, Reply[]];
    await this.unlist(userId, { conversation, joined: number });
    return { left: left === 1, gateways: gatewayIds(gateways) };
  }

  async isMember(conversation: string, userId: string): Promise<boolean> {
    return (await this.server.call('hexists', conversationKeys(conversation).members, userId)) === 1;
  }

  async strangers(conversation: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (userIds.length === 0) return new Set();
    const reply = await this.server.call('hmget', conversationKeys(conversation).members, userIds);
    const places = reply as readonly (string | null)[];
    return new Set(userIds.filter((_, i) => places[i] === null));
  }

  async members(conversation: string, cursor: string, limit: number) {
    const reply = await this.server.call('hscan', conversationKeys(conversation).members, cursor, 'COUNT', limit);
    const [next, flat] = reply as unknown as [string, string[]];
    return { cursor: next, members: flat.filter((_, i) => i % 2 === 0) };
  }

  async of(userId: string): Promise<readonly Membership[]> {
    const reply = await this.server.call('zrange', membershipsKey(userId), 0, LISTED - 1, 'REV', 'WITHSCORES');
    const listed = toListed(reply as unknown as string[]);
    const found = await perCall(this.server, listed, (some) => this.standings(userId, some));
    return found.filter((one) => one !== undefined).toSorted((a, b) => b.timestamp - a.timestamp);
  }

  async subscribe(conversation: string, gateway: GatewayProcess): Promise<void> {
    const { subscribers } = conversationKeys(conversation);
    await this.server.script('attach', [subscribers], [this.ttlMs, gatewayField(gateway)]);
  }

  async unsubscribe(conversation: string, gateway: GatewayProcess): Promise<void> {
    await this.server.script('detach', [conversationKeys(conversation).subscribers], [gatewayField(gateway)]);
  }

  refresh(gateway: GatewayProcess, conversations: readonly string[]): Promise<readonly string[]> {
    return perCall(this.server, conversations, async (some) => {
      const keys = some.map((conversation) => conversationKeys(conversation).subscribers);
      const missing = await this.server.script('extend', keys, [this.ttlMs, gatewayField(gateway)]);
      return (missing as number[]).map((i) => some[i] as string);
    });
  }

  async describe(conversation: string): Promise<ConversationDescription> {
    const { log, meta, members } = conversationKeys(conversation);
    const reply = await this.server.script('conversation', [log, meta, members], [this.newEpoch()]);
    const [count, lastMessageId, epoch] = reply as [number, number, Buffer];
    return { exists: count > 0 || lastMessageId > 0, members: count, lastMessageId, epoch: epoch.toString() };
  }

  private async standings(userId: string, some: readonly Listed[]): Promise<(Membership | undefined)[]> {
    const keys = some.map(({ conversation }) => conversationKeys(conversation));
    const flatKeys = keys.flatMap(({ log, meta, members }) => [log, meta, members]);
    const reply = (await this.server.script('memberships', flatKeys, [userId])) as readonly number[];
    const of = ({ conversation, joined }: Listed, i: number): Membership | undefined => {
      const [member, lastMessageId, at, read] = reply.slice(4 * i, 4 * i + 4) as [number, number, number, number];
      return member === 1 ? { conversation, lastMessageId, read, timestamp: at || joined } : undefined;
    };
    const found = some.map(of);
    await Promise.all(some.filter((_, i) => !found[i]).map((gone) => this.unlist(userId, gone)));
    return found;
  }

  private unlist(userId: string, { conversation, joined }: Listed): Promise<Reply> {
    return this.server.script('unlist', [membershipsKey(userId)], [conversation, joined]);
  }
}

function toListed(flat: readonly string[]): Listed[] {
  const listed: Listed[] = [];
  for (let i = 0; i < flat.length; i += 2)
    listed.push({ conversation: flat[i] as string, joined: Number(flat[i + 1]) });
  return listed;
}
