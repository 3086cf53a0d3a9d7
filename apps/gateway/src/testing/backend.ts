import type { Clock } from '#actor';
import {
  LAYOUTS,
  GATEWAY,
  PRESENCE,
  ROLE,
  ROUTER,
  type AckNotice,
  type EnterReply,
  type EnterRequest,
  type OpenReply,
  type OpenRequest,
  type ReadReply,
  type ReadRequest,
  type RefreshRequest,
  type RegisterRequest,
  type RemoveRequest,
  type SendRequest,
  type WireEntry,
} from '#contract';
import {
  LocalCarrier,
  createMesh,
  instance,
  type LeaseStore,
  type LocalHub,
  type MeshNode,
  type MeshRequest,
} from '#mesh';
import { entryOf } from './entry.js';
import type { Answering } from './answering.js';
import { BackendConversations } from './backend-conversations.js';
import { BackendWatchers } from './backend-watchers.js';

type Answer = (data: never) => unknown;

/**
 * Presence and router as one node of a real mesh, with logs in memory. A test may hold any pattern open: its requests then wait until they are
 * released (answered as usual) or refused.
 */
export class Backend implements Answering {
  epoch = 'epoch-1';
  /** Connection id → user, as presence has it. */
  readonly connections = new Map<string, RegisterRequest>();
  /** Connections whose place newer ones have. */
  readonly outranked = new Set<string>();
  private registrations = 0;
  readonly acks: AckNotice[] = [];
  /** Everything that was asked, by pattern, in order. */
  readonly asked: { readonly pattern: string; readonly data: unknown }[] = [];
  readonly conversations: BackendConversations;
  readonly watchers: BackendWatchers;
  /** Oldest id that reads still give out. */
  firstMessageId = 1;
  readonly logs = new Map<string, WireEntry[]>();
  private readonly held = new Map<string, MeshRequest[]>();
  private readonly refusing = new Set<string>();

  private constructor(
    readonly node: MeshNode,
    private readonly gatewayId: string,
  ) {
    this.answer(PRESENCE.register, (request: RegisterRequest) => {
      this.connections.set(request.connectionId, request);
      return { connections: 1, since: request.since || ++this.registrations };
    });
    this.answer(PRESENCE.enter, ({ connections }: EnterRequest): EnterReply => {
      const outranked = connections.map((c) => c.connectionId).filter((id) => this.outranked.has(id));
      for (const c of connections) if (!this.outranked.has(c.connectionId)) this.connections.set(c.connectionId, c);
      return { outranked, failed: [] };
    });
    this.answer(PRESENCE.remove, ({ connectionId }: RemoveRequest) => ({
      removed: this.connections.delete(connectionId),
    }));
    this.answer(PRESENCE.refresh, ({ connections }: RefreshRequest) => ({
      missing: connections.map((c) => c.connectionId).filter((id) => !this.connections.has(id)),
    }));
    this.answer(ROUTER.open, (request: OpenRequest) => this.open(request));
    this.answer(ROUTER.read, (request: ReadRequest) => this.read(request));
    this.answer(ROUTER.send, (request: SendRequest) => this.send(request));
    this.conversations = new BackendConversations(this);
    this.watchers = new BackendWatchers(this);
    node.handle(ROUTER.ack, { one: (request) => void this.acks.push(request.data as AckNotice) });
  }

  static async start(hub: LocalHub, leases: LeaseStore, gatewayId: string, clock?: Clock): Promise<Backend> {
    const carrier = new LocalCarrier(hub);
    const node = createMesh({
      id: 'backend',
      roles: [ROLE.presence, ROLE.router],
      layouts: LAYOUTS,
      carrier,
      leases,
      clock,
    });
    const backend = new Backend(node, gatewayId);
    await node.join();
    return backend;
  }

  count(pattern: string): number {
    return this.asked.filter((each) => each.pattern === pattern).length;
  }

  // ------------------------------------------------------------- verbs

  /** Requests of this pattern wait from now on. */
  hold(pattern: string): void {
    this.held.set(pattern, this.held.get(pattern) ?? []);
  }

  waiting(pattern: string): number {
    return this.held.get(pattern)?.length ?? 0;
  }

  /** Answers those that wait, and the pattern's later ones as usual. */
  release(pattern: string): void {
    const requests = this.held.get(pattern) ?? [];
    this.held.delete(pattern);
    for (const request of requests) this.respond(pattern, request);
  }

  /** Refuses every request of this pattern until `accept`. */
  refuse(pattern: string): void {
    this.refusing.add(pattern);
  }

  accept(pattern: string): void {
    this.refusing.delete(pattern);
  }

  /** Stores messages without telling anybody. */
  store(userId: string, ...contents: readonly string[]): WireEntry[] {
    const log = this.logs.get(userId) ?? [];
    this.logs.set(userId, log);
    return contents.map((content) => {
      const entry = entryOf(log.length + 1, { from: 'sender', to: userId, kind: 'text', content });
      log.push(entry);
      return entry;
    });
  }

  /** Tells the gateway of messages, whether they are stored or not. */
  push(userId: string, entries: readonly WireEntry[], epoch = this.epoch): void {
    this.node.tell(instance(ROLE.gateway, this.gatewayId), GATEWAY.deliver, { userId, epoch, entries });
  }

  /** Stores and tells, as a router does. */
  deliver(userId: string, ...contents: readonly string[]): void {
    this.push(userId, this.store(userId, ...contents));
  }

  close(connectionId: string, code: number, reason: string): void {
    this.node.tell(instance(ROLE.gateway, this.gatewayId), GATEWAY.close, { connectionId, code, reason });
  }

  /** Tells the gateway anything. */
  tell(pattern: string, data: unknown): void {
    this.node.tell(instance(ROLE.gateway, this.gatewayId), pattern, data);
  }

  // ------------------------------------------------------------- its answers

  /** An answer that throws a string refuses with that code. */
  answer(pattern: string, answer: Answer): void {
    const first = !this.answers.has(pattern);
    this.answers.set(pattern, answer);
    if (first) this.node.handle(pattern, { one: (request) => this.arrived(pattern, request) });
  }

  private readonly answers = new Map<string, Answer>();

  private arrived(pattern: string, request: MeshRequest): void {
    this.asked.push({ pattern, data: request.data });
    const held = this.held.get(pattern);
    if (held) held.push(request);
    else this.respond(pattern, request);
  }

  private respond(pattern: string, request: MeshRequest): void {
    if (this.refusing.has(pattern)) return request.fail('unavailable', 'the engine is away', 50);
    try {
      request.reply(this.answers.get(pattern)!(request.data as never));
    } catch (code) {
      if (typeof code !== 'string') throw code;
      request.fail(code, 'refused');
    }
  }

  log(userId: string): readonly WireEntry[] {
    return (this.logs.get(userId) ?? []).filter((entry) => entry.messageId >= this.firstMessageId);
  }

  private open({ userId, lastMessageId, limit }: OpenRequest): OpenReply {
    const log = this.log(userId);
    const newest = log.at(-1)?.messageId ?? 0;
    const cursor = Math.max(lastMessageId ?? 0, this.firstMessageId - 1);
    const entries = log.filter((entry) => entry.messageId > cursor).slice(0, limit);
    const resumed = (lastMessageId ?? cursor) === cursor;
    return { epoch: this.epoch, lastMessageId: newest, cursor, resumed, entries };
  }

  private read({ userId, after, limit }: ReadRequest): ReadReply {
    const log = this.log(userId);
    const entries = log.filter((entry) => entry.messageId > after).slice(0, limit);
    const lastMessageId = log.at(-1)?.messageId ?? 0;
    return { epoch: this.epoch, lastMessageId, firstMessageId: this.firstMessageId, entries };
  }

  private send({ to, id, body, ephemeral }: SendRequest): unknown {
    const log = this.logs.get(to) ?? [];
    this.logs.set(to, log);
    const known = id === undefined ? undefined : this.ids.get(id);
    if (known) return { messageId: known.messageId, timestamp: known.timestamp, duplicate: true };
    const entry: WireEntry = { messageId: ephemeral ? 0 : log.length + 1, timestamp: 1_000 + log.length, body };
    if (!ephemeral) log.push(entry);
    if (id !== undefined) this.ids.set(id, entry);
    this.push(to, [entry], ephemeral ? '' : this.epoch);
    return { messageId: entry.messageId, timestamp: entry.timestamp, duplicate: false };
  }

  private readonly ids = new Map<string, WireEntry>();
}
