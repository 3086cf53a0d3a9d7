import type { GatewayProcess } from './watchers.js';

export interface LeaveResult {
  /** False: was not a member. */
  readonly left: boolean;
  /** The gateways that have subscribers at that instant, each id once: where the user's sessions may be. */
  readonly gateways: readonly string[];
}

export interface Membership {
  readonly conversation: string;
  readonly lastMessageId: number;
  /** What the user has read up to. */
  readonly read: number;
  /** By which it is ordered, ms: when the last message was stored; where none is held, when the user joined. */
  readonly timestamp: number;
}

export interface ConversationDescription {
  /** It has members or was written to. */
  readonly exists: boolean;
  readonly members: number;
  readonly lastMessageId: number;
  /** '' for one that nobody has opened, read or written. */
  readonly epoch: string;
}

/**
 * Members, and the gateways whose sessions listen. Contract: the conversation decides who is a member. What a user's own list says follows
 * it: a `join` that fails half way leaves a member whose list does not name the conversation, a `leave` a name in the list that `of` does
 * not show; repeating the call mends both, and no order of joins and leaves at once leaves the list short of a membership.
 * Once a `leave` is answered, nothing of that author is stored by an append with `membersOnly`. A subscription is an entry per gateway
 * process, gone when not refreshed for the TTL (90 s). To let nobody in who has left meanwhile: subscribe first, then ask `isMember`; a
 * `leave` after that names the gateway.
 */
export interface Conversations {
  /** Returns whether the user was not a member before. Idempotent. */
  join(conversation: string, userId: string): Promise<boolean>;
  /** Forgets the user's place in it too. Idempotent. */
  leave(conversation: string, userId: string): Promise<LeaveResult>;
  isMember(conversation: string, userId: string): Promise<boolean>;
  /** Those of them who are no members, at one instant. */
  strangers(conversation: string, userIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** In pages of about `limit`, in no particular order, `cursor` '0' first and last; who comes or goes meanwhile may be missed or named twice. */
  members(
    conversation: string,
    cursor: string,
    limit: number,
  ): Promise<{ readonly cursor: string; readonly members: readonly string[] }>;
  /** What the user is a member of, newest first; of more than 1,000 those joined last. */
  of(userId: string): Promise<readonly Membership[]>;
  /** Adds, or extends what is there. In the answer of every append after it. */
  subscribe(conversation: string, gateway: GatewayProcess): Promise<void>;
  unsubscribe(conversation: string, gateway: GatewayProcess): Promise<void>;
  /** Extends what is still there; returns the conversations where it is not (expired or lost: subscribe again, and read what was missed). */
  refresh(gateway: GatewayProcess, conversations: readonly string[]): Promise<readonly string[]>;
  describe(conversation: string): Promise<ConversationDescription>;
}
