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
/** So many pauses at most, until presence has answered for the last. */
const PATIENCE = 10;

/**
 * Deliveries are at most once, so some may be missed unheard: while the carrier or our lease was away (others may have swept our connections
 * meanwhile), or from a router that died, or was cut off, between storing and delivering. After each such event every session is refreshed and looks into its logs.
 */
@Injectable()
export class CatchUp implements OnModuleInit, OnModuleDestroy {
  private waiting: SessionActor[] = [];
  /** Under way, and the sessions are to be entered again rather than refreshed. */
  private renewing = false;
  /** The sessions of the last batch are not answered for yet; `patience`: for so many pauses more that is waited for. */
  private unanswered: Promise<void> | undefined;
  private patience = 0;
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
      onRenewed: () => (this.renewing = true),
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
    if (!this.unanswered || this.patience-- === 0) this.look(this.waiting.splice(0, BATCH));
    if (this.waiting.length > 0) this.timer = this.clock.setTimeout(this.next, PAUSE_MS);
    else this.renewing = false;
  };

  /** A presence service that is slow to come back is not asked faster than it answers; but who waits for messages does not wait for it for ever. */
  private look(some: readonly SessionActor[]): void {
    const answered = (this.renewing ? this.attendance.enterAgain(some) : this.attendance.refresh(some)).finally(() => {
      if (this.unanswered === answered) this.unanswered = undefined;
    });
    this.unanswered = answered;
    this.patience = PATIENCE;
    for (const session of some) session.doubt();
  }
}
