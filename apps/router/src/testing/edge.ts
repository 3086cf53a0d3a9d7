import {
  GATEWAY,
  ROLE,
  ROUTER,
  type AckNotice,
  type AckReply,
  type ConversationNotice,
  type DeliverNotice,
  type PostRequest,
  type ReceiptNotice,
  type RemovedNotice,
  type SendReply,
  type SendRequest,
  type SubscribeRequest,
  type OpenReply,
  type WireEntry,
} from '#contract';
import { byKey, type Destination, type MeshNode } from '#mesh';
import { packBody, unpackBody } from '#protocol';

/** What an edge is started on: a stage. */
export interface Place {
  node(role: string, id: string, prepare: (node: MeshNode) => void): Promise<MeshNode>;
}

/** 1…n, or from…to. */
export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

export const idsOf = ({ entries }: { readonly entries: readonly WireEntry[] }): number[] =>
  entries.map(({ messageId }) => messageId);

export const textsOf = ({ entries }: { readonly entries: readonly WireEntry[] }): string[] =>
  entries.map(({ body }) => unpackBody(body).content);

/** A gateway as far as a router sees it: asks, and hears. */
export class Edge {
  readonly delivered: DeliverNotice[] = [];
  readonly conversations: ConversationNotice[] = [];
  readonly receipts: ReceiptNotice[] = [];
  readonly removed: RemovedNotice[] = [];
  private mesh!: MeshNode;

  static async start(place: Place, id: string): Promise<Edge> {
    const edge = new Edge();
    edge.mesh = await place.node(ROLE.gateway, id, (node) => {
      const hear = (pattern: string, heard: unknown[]): void => {
        node.handle(pattern, { one: ({ data }) => void heard.push(data) });
      };
      hear(GATEWAY.deliver, edge.delivered);
      hear(GATEWAY.conversation, edge.conversations);
      hear(GATEWAY.receipt, edge.receipts);
      hear(GATEWAY.removed, edge.removed);
    });
    return edge;
  }

  get process(): { readonly gatewayId: string; readonly incarnation: string } {
    const { id: gatewayId, incarnation } = this.mesh.self;
    return { gatewayId, incarnation };
  }

  ask<R>(key: string | Destination, pattern: string, data: unknown): Promise<R> {
    return this.mesh.ask<R>(at(key), pattern, data, { timeoutMs: 20_000 });
  }

  tell(key: string | Destination, pattern: string, data: unknown): boolean {
    return this.mesh.tell(at(key), pattern, data);
  }

  send(
    from: string,
    to: string,
    content: string,
    more: Partial<SendRequest> = {},
    where?: Destination,
  ): Promise<SendReply> {
    const body = packBody({ from, to, kind: 'text', content, id: more.id });
    return this.ask(where ?? to, ROUTER.send, { to, from, body, ...more } satisfies SendRequest);
  }

  post(from: string, conversation: string, content: string, more: Partial<PostRequest> = {}): Promise<SendReply> {
    const body = packBody({ from, conversation, kind: 'text', content, id: more.id });
    return this.ask(conversation, ROUTER.post, { conversation, from, body, ...more } satisfies PostRequest);
  }

  subscribe(conversation: string, userId: string, more: Partial<SubscribeRequest> = {}): Promise<OpenReply> {
    const request = { conversation, userId, limit: 100, ...this.process, ...more } satisfies SubscribeRequest;
    return this.ask(conversation, ROUTER.subscribe, request);
  }

  ack(notice: AckNotice, where?: Destination): boolean {
    return this.tell(where ?? notice.conversation ?? notice.userId, ROUTER.ack, notice);
  }

  acknowledge(notice: AckNotice): Promise<AckReply> {
    return this.ask(notice.conversation ?? notice.userId, ROUTER.acknowledge, notice);
  }
}

const at = (key: string | Destination): Destination => (typeof key === 'string' ? byKey(ROLE.router, key) : key);
