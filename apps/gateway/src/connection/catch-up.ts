import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Clock, TimerHandle } from '#actor';
import { ROLE } from '#contract';
import type { Mesh } from '#mesh';
import { CLOCK, MESH } from '#service';
import { Attendance } from './attendance.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';
import { Subscribers } from './subscribers.js';

/** So many sessions look into their logs at once, … */
const BATCH = 500;
/** … and so many ms later the next: a gateway full of sessions must not hit the routers all at once. */
const PAUSE_MS = 100;

/**
 * Deliveries are at most once, so some may be missed unheard: while the carrier or our lease was away (others may have swept our connections
 * meanwhile), or from a router that died, or was cut off, between storing and delivering. After each such event every session is refreshed and looks into its logs.
 */
@Injectable()
export class CatchUp implements OnModuleInit, OnModuleDestroy {
  private waiting: SessionActor[] = [];
  private timer: TimerHandle = undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly registry: Registry<SessionActor>,
    private readonly attendance: Attendance,
    private readonly subscribers: Subscribers,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.mesh.subscribe({
      onReconnected: () => this.begin(),
      onMissed: (member) => {
        if (member.role === ROLE.router) this.begin();
      },
      onLeft: (member, reason) => {
        if (member.role === ROLE.router && reason === 'expired') this.begin();
      },
    });
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = [];
  }

  /** Begins anew if it is under way: who was looked at before may have missed something since. */
  begin(): void {
    this.subscribers.renewAll();
    this.waiting = [...this.registry.all()];
    if (this.timer === undefined) this.next();
  }

  private readonly next = (): void => {
    this.timer = undefined;
    const some = this.waiting.splice(0, BATCH);
    this.attendance.refresh(some);
    for (const session of some) session.doubt();
    if (this.waiting.length > 0) this.timer = this.clock.setTimeout(this.next, PAUSE_MS);
  };
}
