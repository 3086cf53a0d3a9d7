import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import {
  GATEWAY,
  PRESENCE,
  ROLE,
  type LocateReply,
  type PresenceNotice,
  type UserStatus,
  type VisibleStatus,
  type WatchReply,
} from '#contract';
import type { EngineSettings } from '#engine';
import { instance, type MeshNode } from '#mesh';
import { RedisServer, Stage, type EngineKind, type RoleHost } from '#testing';
import { PresenceModule } from '../presence.module.js';
import { supersedes } from './transitions.js';

/** Long enough for a slow machine on an engine that keeps real time; the actors' own time is virtual. */
export const GRACE_MS = 60_000;
const ASK = { timeoutMs: 20_000 };

/** Presence and three gateways, of which any may watch bob; everything asked of an owner by name (`presence-01` by default). */
export class WatchStage {
  stage!: Stage;
  presence!: RoleHost;
  gateways: MeshNode[] = [];
  /** What each gateway was pushed, in the order of arrival. */
  private pushed = new Map<string, PresenceNotice[]>();
  private redis: RedisServer | undefined;

  /** Fresh for each test of the suite it is made in. */
  constructor(readonly kind: EngineKind) {
    beforeAll(async () => {
      this.redis = kind === 'redis' ? await RedisServer.start() : undefined;
    });
    afterAll(async () => this.redis?.stop());
    beforeEach(() => this.start());
    afterEach(async () => this.stage.stop());
  }

  async start(settings: Partial<EngineSettings> = {}, graceMs = GRACE_MS): Promise<void> {
    this.stage = await Stage.start({ kind: this.kind, redis: this.redis, settings });
    this.presence = await this.startPresence('presence-01', graceMs);
    this.pushed = new Map();
    this.gateways = [];
    for (const n of [1, 2, 3]) this.gateways.push(await this.startGateway(n));
  }

  startPresence(id: string, graceMs = GRACE_MS): Promise<RoleHost> {
    const config = { MAX_CONNECTIONS_PER_USER: 3, OFFLINE_GRACE_MS: graceMs };
    return this.stage.host(ROLE.presence, id, PresenceModule, config);
  }

  private startGateway(n: number): Promise<MeshNode> {
    const notices: PresenceNotice[] = [];
    this.pushed.set(`gateway-0${n}`, notices);
    const one = ({ data }: { data: unknown }): unknown => notices.push(data as PresenceNotice);
    return this.stage.node(ROLE.gateway, `gateway-0${n}`, (node) => node.handle(GATEWAY.presence, { one }));
  }

  private ask<R>(pattern: string, data: object, owner = 'presence-01'): Promise<R> {
    return this.gateway(1).ask<R>(instance(ROLE.presence, owner), pattern, { userId: 'bob', ...data }, ASK);
  }

  gateway(n: number): MeshNode {
    const node = this.gateways[n - 1];
    if (!node) throw new Error(`there is no gateway ${n}`);
    return node;
  }

  private process(n: number): { gatewayId: string; incarnation: string } {
    const { id, incarnation } = this.gateway(n).self;
    return { gatewayId: id, incarnation };
  }

  readonly register = (connectionId: string, owner?: string, { at = 1, status }: RegisterMore = {}): Promise<unknown> =>
    this.ask(PRESENCE.register, { connectionId, ...this.process(at), ...(status && { status }) }, owner);

  readonly remove = (connectionId: string, owner?: string): Promise<unknown> =>
    this.ask(PRESENCE.remove, { connectionId }, owner);

  readonly set = (connectionId: string, status: VisibleStatus, owner?: string): Promise<unknown> =>
    this.ask(PRESENCE.setStatus, { connectionId, status }, owner);

  readonly locate = (): Promise<LocateReply> => this.ask(PRESENCE.locate, {});

  /** Gateway `n` asks. */
  readonly watch = async (n: number, userIds = ['bob'], owner?: string): Promise<readonly UserStatus[]> =>
    (await this.ask<WatchReply>(PRESENCE.watch, { ...this.process(n), userIds }, owner)).statuses;

  readonly unwatch = (n: number): boolean => {
    const request = { ...this.process(n), userIds: ['bob'] };
    return this.gateway(1).tell(instance(ROLE.presence, 'presence-01'), PRESENCE.unwatch, request);
  };

  /** What gateway `n` was pushed. */
  readonly notices = (n: number): PresenceNotice[] => this.pushed.get(`gateway-0${n}`) ?? [];
  readonly said = (n: number): string[] => this.notices(n).map(({ status }) => status);

  /** What gateway `n` believes that was answered so and heard the pushes in the order of arrival. */
  readonly believed = (n: number, answers: readonly UserStatus[] = []): VisibleStatus | undefined =>
    [...answers, ...this.notices(n)].reduce<UserStatus | undefined>(
      (now, next) => (supersedes(next, now) ? next : now),
      undefined,
    )?.status;

  /** Lets virtual time pass, and what falls due in it be done. */
  readonly pass = async (ms: number, owner?: string): Promise<void> => {
    this.stage.clock.advance(ms);
    // Mail of this user is handled in order: the answer to this comes after what the timer has caused.
    await this.remove('none-such', owner);
  };
}

interface RegisterMore {
  /** Which gateway's connection it is. */
  readonly at?: number;
  readonly status?: VisibleStatus;
}
