import { Inject } from '@nestjs/common';
import { Actor, DEFAULT_SUPERVISION, VirtualActor, type Supervision } from '#actor';
import { refuse, UNAVAILABLE, type Refusable, type RegisterRequest, type UserStatus } from '#contract';
import { EngineUnavailableError, type Engine, type GatewayProcess, type NewConnection } from '#engine';
import type { RemoveResult, Visible } from '#engine';
import { backoffMs, CONFIG, ENGINE } from '#service';
import type { PresenceConfig } from '../config.js';
import { PresenceStats } from '../presence-stats.js';
import { Glances } from './glances.js';
import { Lateness } from './lateness.js';
import { GRACE, Look, PUSH, Register, Remove, SetStatus, Swept, type PresenceMail } from './mail.js';
import { PresenceEvents } from './presence-events.js';
import { Pushes } from './pushes.js';
import { Replacement } from './replacement.js';
import { userStatus } from './status.js';
import { step, toldNow, UNKNOWN, type Learnt, type Standing, type Step } from './transitions.js';

/** A failure that is not the engine's being away is a fault of ours: whoever asked has been answered, the engine holds the truth, go on. */
const SUPERVISION: Supervision = { ...DEFAULT_SUPERVISION, decide: () => 'resume' };

/**
 * One user while connections come, go and change: does that in the order asked, and says when what others see of the user has changed
 * (transitions.ts decides). The engine holds the connections, their statuses and who watches; what is held here is only what has been
 * announced, and if it is lost with the process, announcements are repeated at worst, with the same version.
 */
@VirtualActor({ kind: 'presence', mailboxCapacity: 1_000, idleMs: 60_000, supervision: SUPERVISION })
export class PresenceActor extends Actor<PresenceMail> {
  private standing: Standing = UNKNOWN;
  private failures = 0;
  /** Announced, and not known to have been pushed. */
  private unsaid: UserStatus | undefined;

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(CONFIG) private readonly config: PresenceConfig,
    private readonly replacement: Replacement,
    private readonly events: PresenceEvents,
    private readonly pushes: Pushes,
    private readonly glances: Glances,
    private readonly lateness: Lateness,
    private readonly stats: PresenceStats,
  ) {
    super();
  }

  override receive(mail: PresenceMail): Promise<void> {
    if (mail instanceof Register) return this.register(mail.request);
    if (mail instanceof Remove) return this.remove(mail.request);
    if (mail instanceof Swept) return this.removed(mail.result);
    if (mail instanceof SetStatus) return this.setStatus(mail.request);
    if (mail instanceof Look) return this.look(mail);
    return mail === GRACE ? this.graceOver() : this.push();
  }

  private async register(request: Register['request']): Promise<void> {
    const result = await this.attempt(request, () =>
      this.engine.presence.register(this.connectionOf(request.data), this.config.MAX_CONNECTIONS_PER_USER),
    );
    if (!result) return;
    const { live, replaced, visible, since, outranked, watchers, inbox } = result;
    if (!outranked) this.stats.registers += 1;
    if (replaced.length > 0) await this.replacement.close(replaced);
    request.reply({ connections: live, since, outranked: outranked || undefined, inbox });
    const repeated = !outranked && live === 1 && replaced.length === 0;
    await this.learn({ what: 'changed', visible, repeated }, watchers);
  }

  private connectionOf(request: RegisterRequest): NewConnection {
    const { userId, connectionId, gatewayId, incarnation, device, since, status = 'online' } = request;
    const lateMs = this.lateness.of(incarnation, request.askedAt, request.waitedMs);
    const opening = request.opens ? { after: request.lastMessageId } : undefined;
    return { userId, connectionId, gatewayId, incarnation, device, since, status, lateMs, opening };
  }

  private async remove(request: Remove['request']): Promise<void> {
    const { userId, connectionId } = request.data;
    const result = await this.attempt(request, () => this.engine.presence.remove(userId, connectionId));
    if (!result) return;
    request.reply({ removed: result.removed });
    await this.removed(result);
  }

  private async removed({ removed, visible }: RemoveResult): Promise<void> {
    if (removed) this.stats.removes += 1;
    await this.learn({ what: 'changed', visible, repeated: !removed && visible.status === 'offline' });
  }

  private async setStatus(request: SetStatus['request']): Promise<void> {
    const { userId, connectionId, status } = request.data;
    const result = await this.attempt(request, () => this.engine.presence.setStatus(userId, connectionId, status));
    if (!result) return;
    this.stats.statuses += 1;
    request.reply({});
    await this.learn({ what: 'changed', visible: result.visible, repeated: !result.changed });
  }

  private async look({ visible, replyTo }: Look): Promise<void> {
    const announced = this.take({ what: 'looked', visible });
    replyTo.tell(toldNow(this.standing, visible));
    if (announced) await this.push();
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

  private learn(learnt: Learnt, watchers?: readonly GatewayProcess[]): void | Promise<void> {
    if (!this.take(learnt)) return;
    if (watchers?.length === 0) return this.said();
    return this.push(watchers);
  }

  private said(): void {
    this.unsaid = undefined;
    this.failures = 0;
  }

  /** Returns whether there is something to push. */
  private take(learnt: Learnt): boolean {
    const { standing, announce, grace } = step(this.standing, learnt, this.graceMs);
    this.standing = standing;
    if (grace) this.setTimer(grace);
    if (!announce) return false;
    this.unsaid = userStatus(this.context.key, announce);
    this.events.publish(this.unsaid);
    return true;
  }

  private setTimer(grace: NonNullable<Step['grace']>): void {
    if (grace === 'stop') return this.context.cancelTimer('grace');
    if (grace === 'start') this.failures = 0;
    this.context.startTimer('grace', grace === 'start' ? this.graceMs : backoffMs(this.failures++), GRACE);
  }

  /** While the engine is away it is tried again later; meanwhile a newer announcement may take its place. */
  private async push(watchers?: readonly GatewayProcess[]): Promise<void> {
    if (!this.unsaid) return;
    try {
      await this.pushes.push(this.unsaid, watchers);
      this.said();
    } catch (error) {
      if (!(error instanceof EngineUnavailableError)) throw error;
      this.context.startTimer('push', backoffMs(this.failures++), PUSH);
    }
  }

  /**
   * Leans on the kernel: the message of a timer that was cancelled or started again is not handled, even if it waits in the mailbox already,
   * and no actor is passivated while a timer of its runs.
   */
  private async graceOver(): Promise<void> {
    let visible: Visible | undefined;
    try {
      visible = await this.glances.visible(this.context.key);
    } catch (error) {
      await this.learn({ what: 'engine-away' });
      if (!(error instanceof EngineUnavailableError)) throw error;
    }
    if (visible) await this.learn({ what: 'grace-over', visible });
  }
}
