import {
  GATEWAY,
  ROUTER,
  type AckNotice,
  type ConversationsReply,
  type ConversationsRequest,
  type OpenReply,
  type PostRequest,
  type ReadConversationRequest,
  type ReadReply,
  type RefreshSubscriptionsRequest,
  type SendReply,
  type StatusReply,
  type SubscribeRequest,
  type SyncReply,
  type SyncRequest,
  type Unsubscribe,
  type WireEntry,
} from '#contract';
import type { Answering } from './answering.js';
import { entryOf } from './entry.js';

const logName = (conversation: string): string => `conversation ${conversation}`;

/** The backend's conversations. A refusal is thrown as its code. */
export class BackendConversations {
  /** Without an entry everybody is a member. */
  readonly members = new Map<string, Set<string>>();
  /** Conversations that the gateway is entered in. */
  readonly subscribed = new Set<string>();

  constructor(private readonly backend: Answering) {
    backend.answer(ROUTER.subscribe, (request: SubscribeRequest) => this.subscribe(request));
    backend.answer(ROUTER.unsubscribe, ({ conversation }: Unsubscribe) => this.subscribed.delete(conversation));
    backend.answer(ROUTER.readConversation, (request: ReadConversationRequest) => this.read(request));
    backend.answer(ROUTER.refreshSubscriptions, (request: RefreshSubscriptionsRequest) => this.refresh(request));
    backend.answer(ROUTER.post, (request: PostRequest) => this.post(request));
    backend.answer(ROUTER.conversations, (request: ConversationsRequest) => this.list(request));
    backend.answer(ROUTER.sync, (request: SyncRequest) => this.sync(request));
    backend.answer(ROUTER.status, (): StatusReply => ({ delivered: 7, read: 3 }));
    backend.answer(ROUTER.acknowledge, (notice: AckNotice) => {
      this.mustBeMember(notice.conversation, notice.userId);
      backend.acks.push(notice);
      return {};
    });
  }

  /** Stores messages without telling anybody. */
  store(conversation: string, ...contents: readonly string[]): WireEntry[] {
    const log = this.backend.logs.get(logName(conversation)) ?? [];
    this.backend.logs.set(logName(conversation), log);
    return contents.map((content) => {
      const entry = entryOf(log.length + 1, { from: 'sender', conversation, kind: 'text', content });
      log.push(entry);
      return entry;
    });
  }

  /** Tells the gateway of messages, whether they are stored, and whether it is entered, or not. */
  push(conversation: string, entries: readonly WireEntry[], epoch = this.backend.epoch): void {
    this.backend.tell(GATEWAY.conversation, { conversation, epoch, entries });
  }

  /** Stores and tells whoever is entered, as a router does. */
  deliver(conversation: string, ...contents: readonly string[]): void {
    const entries = this.store(conversation, ...contents);
    if (this.subscribed.has(conversation)) this.push(conversation, entries);
  }

  /** Ends a membership, and says so. */
  remove(conversation: string, userId: string): void {
    this.members.set(conversation, this.members.get(conversation) ?? new Set());
    this.members.get(conversation)!.delete(userId);
    this.backend.tell(GATEWAY.removed, { conversation, userId });
  }

  private mustBeMember(conversation: string | undefined, userId: string): void {
    const members = conversation === undefined ? undefined : this.members.get(conversation);
    if (members && !members.has(userId)) throw 'forbidden';
  }

  private subscribe({ conversation, userId, lastMessageId, limit }: SubscribeRequest): OpenReply {
    this.mustBeMember(conversation, userId);
    this.subscribed.add(conversation);
    const cursor = lastMessageId ?? 0;
    const { entries, ...rest } = this.read({ conversation, readers: [userId], after: cursor, limit });
    return { epoch: rest.epoch, lastMessageId: rest.lastMessageId, cursor, resumed: true, entries };
  }

  private read({ conversation, readers, after, limit }: ReadConversationRequest): ReadReply {
    for (const userId of readers) this.mustBeMember(conversation, userId);
    const log = this.backend.log(logName(conversation));
    const { epoch, firstMessageId } = this.backend;
    const entries = log.filter((entry) => entry.messageId > after).slice(0, limit);
    return { epoch, lastMessageId: log.at(-1)?.messageId ?? 0, firstMessageId, entries };
  }

  private refresh({ conversations }: RefreshSubscriptionsRequest): { readonly missing: readonly string[] } {
    const missing = conversations.filter((conversation) => !this.subscribed.has(conversation));
    for (const conversation of missing) this.subscribed.add(conversation);
    return { missing };
  }

  private post({ conversation, from, body, ephemeral }: PostRequest): SendReply {
    this.mustBeMember(conversation, from);
    const log = this.backend.logs.get(logName(conversation)) ?? [];
    this.backend.logs.set(logName(conversation), log);
    const entry = { messageId: ephemeral ? 0 : log.length + 1, timestamp: 1_000 + log.length, body };
    if (!ephemeral) log.push(entry);
    if (this.subscribed.has(conversation)) this.push(conversation, [entry], ephemeral ? '' : this.backend.epoch);
    return { messageId: entry.messageId, timestamp: entry.timestamp, duplicate: false };
  }

  private list({ limit }: ConversationsRequest): ConversationsReply {
    const all = [...this.backend.logs].flatMap(([name, log]) =>
      name.startsWith(logName(''))
        ? [{ conversation: name.slice(logName('').length), lastMessageId: log.length, read: 0, unread: log.length }]
        : [],
    );
    return { conversations: all.slice(0, limit) };
  }

  private sync({ userId, conversation, lastMessageId = 0, limit }: SyncRequest): SyncReply {
    this.mustBeMember(conversation, userId);
    const log = this.backend.log(conversation === undefined ? userId : logName(conversation));
    const after = log.filter((entry) => entry.messageId > lastMessageId);
    return { epoch: this.backend.epoch, entries: after.slice(0, limit), hasMore: after.length > limit };
  }
}
