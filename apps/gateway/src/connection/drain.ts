import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Clock, TimerHandle } from '#actor';
import { ROLE } from '#contract';
import type { Mesh } from '#mesh';
import { CLOSE } from '#protocol';
import { CLOCK, CONFIG, Fenced, MESH } from '#service';
import type { GatewayConfig } from '../config.js';
import { Admission } from './admission.js';
import { Attendance } from './attendance.js';
import { AutoAck } from './auto-ack.js';
import { drainPace, TICK_MS, type DrainPace } from './drain-pace.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';
import { Sessions } from './sessions.js';

/**
 * The orderly end of a gateway (DESIGN §7): nobody new, then every client is told and closed with 1012, in batches spread over DRAIN_MS,
 * cursors are saved, presence is told. Whoever is not dismissed yet is served as ever. The mesh leaves after it.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);
  private draining: Promise<void> | undefined;
  private timer: TimerHandle = undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly admission: Admission,
    private readonly registry: Registry<SessionActor>,
    private readonly sessions: Sessions,
    private readonly attendance: Attendance,
    private readonly autoAck: AutoAck,
    fenced: Fenced,
  ) {
    fenced.add(() => this.fence());
  }

  /** Asked again while it is under way, it is the same drain. */
  beforeApplicationShutdown(): Promise<void> {
    this.draining ??= this.drain();
    return this.draining;
  }

  /** Another process has this one's id: nothing may be said to presence or router any more, so all clients go at once, and come back to others. */
  private fence(): Promise<void> {
    this.admission.draining = true;
    this.logger.warn({ connections: this.registry.connections }, 'fenced');
    this.dismissSome(this.pace(0));
    return this.sessions.emptied();
  }

  private async drain(): Promise<void> {
    this.admission.draining = true;
    const pace = this.pace(this.config.DRAIN_MS);
    if (this.registry.connections > 0) this.logger.log({ connections: this.registry.connections, ...pace }, 'draining');
    this.dismissSome(pace);
    await this.sessions.emptied();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.sessions.stop();
    await Promise.all([this.attendance.settled(), this.autoAck.settled()]);
  }

  private pace(drainMs: number): DrainPace {
    const others = this.mesh.members(ROLE.gateway).filter((member) => !this.mesh.isSelf(member)).length;
    return drainPace(this.registry.connections, drainMs, others);
  }

  /**
   * The longest connected first. Goes on until every socket is closed, for one may come yet. Interleaving: an upgrade is accepted → the drain
   * begins and dismisses all there are → that upgrade is completed, its session opens.
   */
  private dismissSome(pace: DrainPace): void {
    let left = pace.batch;
    for (const session of this.registry.all()) {
      if (left-- === 0) break;
      this.dismiss(session, pace);
    }
    this.timer = this.clock.setTimeout(() => this.dismissSome(pace), TICK_MS);
  }

  private dismiss(session: SessionActor, { reconnectWithinMs }: DrainPace): void {
    const reconnectAfterMs = Math.round(Math.random() * reconnectWithinMs);
    session.reply({ type: 'closing', reason: 'service restart', reconnectAfterMs });
    session.close(CLOSE.serviceRestart, 'service restart');
  }
}
