import { Inject, Injectable } from '@nestjs/common';
import {
  PRESENCE,
  ROLE,
  type EnterReply,
  type EnterRequest,
  type RefreshReply,
  type RefreshRequest,
  type RegisterReply,
  type RegisterRequest,
  type RemoveReply,
  type RemoveRequest,
  type SetStatusReply,
  type SetStatusRequest,
  type SpendReply,
  type SpendRequest,
  type UnwatchRequest,
  type VisibleStatus,
  type WatchReply,
  type WatchRequest,
} from '#contract';
import { byKey, instance, type AskOptions, type AskSink, type Member, type Mesh } from '#mesh';
import { MESH } from '#service';
import { ASK_TIMEOUT_MS } from './timeouts.js';

const IDEMPOTENT: AskOptions = { timeoutMs: ASK_TIMEOUT_MS, idempotent: true };

/** What comes late is of no use: the next report is under way. */
const SPENDING: AskOptions = { timeoutMs: 1_000, idempotent: false };

export type Connected = RemoveRequest & Pick<RegisterRequest, 'device' | 'status' | 'since'>;

/** One that comes: it opens its inbox besides. */
export type Arriving = Connected & Pick<RegisterRequest, 'lastMessageId'>;

/** A class for the sake of its getter: in a literal it would make a hidden class of its own for each request. */
class Registration implements RegisterRequest {
  readonly userId: string;
  readonly connectionId: string;
  readonly gatewayId: string;
  readonly incarnation: string;
  readonly device?: string;
  readonly status?: VisibleStatus;
  readonly since?: number;
  readonly askedAt = performance.now();

  constructor(
    { userId, connectionId, device, status, since }: Connected,
    { id, incarnation }: Mesh['self'],
    readonly opens?: true,
    readonly lastMessageId?: number,
  ) {
    this.userId = userId;
    this.connectionId = connectionId;
    this.gatewayId = id;
    this.incarnation = incarnation;
    this.device = device;
    this.status = status;
    this.since = since;
  }

  /** Read when it is packed, each time that it is sent. */
  get waitedMs(): number {
    return Math.round(performance.now() - this.askedAt);
  }
}

/** The presence service, as the gateway uses it. */
@Injectable()
export class Presences {
  constructor(@Inject(MESH) private readonly mesh: Mesh) {}

  register(who: Arriving): Promise<RegisterReply> {
    const owner = byKey(ROLE.presence, who.userId);
    const request = this.here(who, true, who.lastMessageId);
    return this.mesh.ask<RegisterReply>(owner, PRESENCE.register, request, IDEMPOTENT);
  }

  /** Registers again, under this process's name of now. */
  enter(owner: Member, connections: readonly Connected[]): Promise<EnterReply> {
    const request: EnterRequest = { connections: connections.map((who) => this.here(who)) };
    return this.mesh.ask<EnterReply>(instance(ROLE.presence, owner.id), PRESENCE.enter, request, IDEMPOTENT);
  }

  remove({ userId, connectionId }: Connected): Promise<RemoveReply> {
    const request: RemoveRequest = { userId, connectionId };
    return this.mesh.ask<RemoveReply>(byKey(ROLE.presence, userId), PRESENCE.remove, request, IDEMPOTENT);
  }

  /** The instance that a user's presence is placed on; undefined while there is none. */
  owner(userId: string): Member | undefined {
    return this.mesh.owner(ROLE.presence, userId);
  }

  refresh(owner: Member, connections: RefreshRequest['connections']): Promise<RefreshReply> {
    const request: RefreshRequest = {
      incarnation: this.mesh.self.incarnation,
      askedAt: performance.now(),
      connections: connections.map(({ userId, connectionId }) => ({ userId, connectionId })),
    };
    return this.mesh.ask<RefreshReply>(instance(ROLE.presence, owner.id), PRESENCE.refresh, request, IDEMPOTENT);
  }

  setStatus(request: SetStatusRequest, sink: AskSink<SetStatusReply>): void {
    this.mesh.request(byKey(ROLE.presence, request.userId), PRESENCE.setStatus, request, IDEMPOTENT, sink);
  }

  /** Watches on behalf of the gateway, or renews it. */
  watch(owner: Member, userIds: readonly string[]): Promise<WatchReply> {
    return this.mesh.ask<WatchReply>(
      instance(ROLE.presence, owner.id),
      PRESENCE.watch,
      this.watched(userIds),
      IDEMPOTENT,
    );
  }

  unwatch(owner: Member, userIds: readonly string[]): void {
    const request: UnwatchRequest = this.watched(userIds);
    this.mesh.tell(instance(ROLE.presence, owner.id), PRESENCE.unwatch, request);
  }

  /** What users have sent here. */
  spend(presenceId: string, request: SpendRequest): Promise<SpendReply> {
    return this.mesh.ask<SpendReply>(instance(ROLE.presence, presenceId), PRESENCE.spend, request, SPENDING);
  }

  private here(who: Connected, opens?: true, lastMessageId?: number): RegisterRequest {
    return new Registration(who, this.mesh.self, opens, lastMessageId);
  }

  private watched(userIds: readonly string[]): WatchRequest {
    const { id: gatewayId, incarnation } = this.mesh.self;
    return { gatewayId, incarnation, userIds };
  }
}
