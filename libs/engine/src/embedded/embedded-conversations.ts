import type {
  ConversationDescription,
  Conversations,
  GatewayProcess,
  LeaveResult,
  LogId,
  Membership,
} from '../port.js';
import type { LogStore } from './log-store.js';
import type { MemberStore } from './member-store.js';
import type { MemoryGateways } from './memory-gateways.js';

/** The tables, as a job of the group commit sees them. */
export interface Stores {
  readonly logs: LogStore;
  readonly members: MemberStore;
}

/** Runs a job in the group commit; refuses it while the engine is not started. */
export type Run = <T>(job: (stores: Stores) => T) => Promise<T>;

/** The conversations of one user that are looked at. */
const LISTED = 1000;

/** Members on disk, a conversation's and a user's side of it in one transaction; subscriptions in memory, since they end with the process. */
export class EmbeddedConversations implements Conversations {
  constructor(
    private readonly run: Run,
    private readonly subscribers: MemoryGateways,
    private readonly now: () => number,
  ) {}

  join(conversation: string, userId: string): Promise<boolean> {
    return this.run(({ members }) => {
      if (members.get(conversation, userId)) return false;
      members.save(conversation, { userId, joined: this.now(), delivered: 0, read: 0, epoch: '' });
      return true;
    });
  }

  leave(conversation: string, userId: string): Promise<LeaveResult> {
    return this.run(({ members }) => {
      const left = members.get(conversation, userId) !== undefined;
      if (left) members.remove(conversation, userId);
      return { left, gateways: this.subscribers.idsOf(conversation) };
    });
  }

  isMember(conversation: string, userId: string): Promise<boolean> {
    return this.run(({ members }) => members.get(conversation, userId) !== undefined);
  }

  strangers(conversation: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.run(({ members }) => new Set(userIds.filter((userId) => !members.get(conversation, userId))));
  }

  /** The cursor is `@` and the last member named. */
  members(conversation: string, cursor: string, limit: number) {
    return this.run((stores) => {
      const after = cursor === '0' ? undefined : cursor.slice(1);
      const page = stores.members.page(conversation, after, limit).map(({ userId }) => userId);
      return { cursor: page.length < limit ? '0' : `@${page.at(-1)}`, members: page };
    });
  }

  of(userId: string): Promise<readonly Membership[]> {
    return this.run((stores) =>
      stores.members
        .conversationsOf(userId)
        .sort((a, b) => b.joined - a.joined)
        .slice(0, LISTED)
        .map(({ conversation, joined }) => standing(stores, userId, conversation, joined))
        .sort((a, b) => b.timestamp - a.timestamp),
    );
  }

  subscribe(conversation: string, gateway: GatewayProcess): Promise<void> {
    this.subscribers.attach(conversation, gateway);
    return Promise.resolve();
  }

  unsubscribe(conversation: string, gateway: GatewayProcess): Promise<void> {
    this.subscribers.detach(conversation, gateway);
    return Promise.resolve();
  }

  refresh(gateway: GatewayProcess, conversations: readonly string[]): Promise<readonly string[]> {
    return Promise.resolve(conversations.filter((conversation) => !this.subscribers.extend(conversation, gateway)));
  }

  describe(conversation: string): Promise<ConversationDescription> {
    return this.run(({ logs, members }) => {
      const { last = 0, epoch = '' } = logs.peek(logOf(conversation)) ?? {};
      const count = members.count(conversation);
      return { exists: count > 0 || last > 0, members: count, lastMessageId: last, epoch };
    });
  }
}

function standing({ logs, members }: Stores, userId: string, conversation: string, joined: number): Membership {
  const head = logs.peek(logOf(conversation));
  const member = members.get(conversation, userId);
  const read = member && member.epoch === head?.epoch ? member.read : 0;
  const timestamp = (head && logs.timestampOf(head.number, head.last)) ?? joined;
  return { conversation, lastMessageId: head?.last ?? 0, read, timestamp };
}

function logOf(conversation: string): LogId {
  return { kind: 'conversation', id: conversation };
}
