import { Inject } from '@nestjs/common';
import { Actor, DEFAULT_SUPERVISION, VirtualActor, type Supervision } from '#actor';
import {
  refuse,
  UNAVAILABLE,
  type Refusable,
  type RegisterReply,
  type RegisterRequest,
  type RemoveReply,
  type RemoveRequest,
} from '#contract';
import { EngineUnavailableError, type Engine, type RegisterResult, type Visible } from '#engine';
import type { MeshRequest } from '#mesh';
import { backoffMs, CONFIG, ENGINE } from '#service';
import type { PresenceConfig } from '../config.js';
import { PresenceStats } from '../presence-stats.js';
import { PresenceEvents } from './presence-events.js';
import { Replacement } from './replacement.js';
import { step, UNKNOWN, type Learnt, type Step } from './transitions.js';

export class Register {
  constructor(readonly request: MeshRequest<RegisterRequest, RegisterReply>) {}
}

export class Remove {
  constructor(readonly request: MeshRequest<RemoveRequest, RemoveReply>) {}
}

/** The grace timer, or a part of it, has run. */
const GRACE = Symbol('grace');

export type PresenceMail = Register | Remove | typeof GRACE;

/** The name of no connection: removing it changes nothing. */
const NOBODY = '';

/** A failure that is not the engine's being away is a fault of ours: whoever asked has been answered, the engine holds the truth, go on. */
const SUPERVISION: Supervision = { ...DEFAULT_SUPERVISION, decide: () => 'resume' };

/**
 * One user while connections come and go: registers and removes them in the order asked, and says when the user comes online or goes offline
 * (transitions.ts decides). The engine holds the connections; what is held here is only what has been announced, and if it is lost with the
 * process, announcements are repeated at worst.
 */
@VirtualActor({ kind: 'presence', mailboxCapacity: 1_000, idleMs: 60_000, supervision: SUPERVISION })
export class PresenceActor extends Actor<PresenceMail> {
  private standing = UNKNOWN;
  private failures = 0;

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(CONFIG) private readonly config: PresenceConfig,
    private readonly replacement: Replacement,
    private readonly events: PresenceEvents,
    private readonly stats: PresenceStats,
  ) {
    super();
  }

  override receive(mail: PresenceMail): Promise<void> {
    if (mail instanceof Register) return this.register(mail.request);
    if (mail instanceof Remove) return this.remove(mail.request);
    return this.graceOver();
  }

  private async register(request: Register['request']): Promise<void> {
    const connection = { ...request.data, status: 'online' } as const;
    const result = await this.attempt(request, () =>
      this.engine.presence.register(connection, this.config.MAX_CONNECTIONS_PER_USER),
    );
    if (!result) return;
    this.stats.registers += 1;
    request.reply({ connections: result.connections.length });
    this.replacement.close(result.replaced);
    this.learn(registered(connection.connectionId, result));
  }

  private async remove(request: Remove['request']): Promise<void> {
    const { userId, connectionId } = request.data;
    const result = await this.attempt(request, () => this.engine.presence.remove(userId, connectionId));
    if (!result) return;
    if (result.removed) this.stats.removes += 1;
    request.reply({ removed: result.removed });
    const { removed, remaining, visible } = result;
    this.learn({ what: 'removed', removed, remaining, ...since(visible) });
  }

  /** One call to the engine for a request, which is refused where that fails. */
  private async attempt<R>(request: Refusable, call: () => Promise<R>): Promise<R | undefined> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof EngineUnavailableError) {
        this.stats.unavailable += 1;
        return refuse(request, UNAVAILABLE) as undefined;
      }
      request.fail('internal', 'Internal error');
      throw error;
    }
  }

  private get graceMs(): number {
    return Math.max(1, this.config.OFFLINE_GRACE_MS);
  }

  private learn(learnt: Learnt): void {
    const { standing, announce, grace } = step(this.standing, learnt, this.graceMs);
    this.standing = standing;
    if (announce) this.events.publish({ userId: this.context.key, ...announce });
    if (grace) this.setTimer(grace);
  }

  private setTimer(grace: NonNullable<Step['grace']>): void {
    if (grace === 'stop') return this.context.cancelTimer('grace');
    if (grace === 'start') this.failures = 0;
    this.context.startTimer('grace', grace === 'start' ? this.graceMs : backoffMs(this.failures++), GRACE);
  }

  /**
   * Leans on the kernel: the message of a timer that was cancelled or started again is not handled, even if it waits in the mailbox already,
   * and no actor is passivated while a timer of its runs.
   */
  private async graceOver(): Promise<void> {
    try {
      // Asked by removing nothing: one atomic step says whether anybody is there and, if not, when the last one went.
      const { remaining, visible } = await this.engine.presence.remove(this.context.key, NOBODY);
      this.learn({ what: 'grace-over', live: remaining, ...since(visible) });
    } catch (error) {
      this.learn({ what: 'engine-away' });
      if (!(error instanceof EngineUnavailableError)) throw error;
    }
  }
}

const since = ({ lastSeen }: Visible): { lastSeen?: number } => (lastSeen === undefined ? {} : { lastSeen });

function registered(connectionId: string, { connections, replaced, cameOnline }: RegisterResult): Learnt {
  const own = connections.find((connection) => connection.connectionId === connectionId);
  const alone = connections.length === 1 && replaced.length === 0;
  return { what: 'registered', at: own?.timestamp ?? 0, cameOnline, alone };
}
