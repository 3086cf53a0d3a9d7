import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { ActorKind, Clock, TimerHandle } from '#actor';
import type { Mesh } from '#mesh';
import { CLOCK, MESH } from '../tokens.js';

/** How long a process that stops may wait for its actors to end in order, ms. */
export const HANDOVER_MS = Symbol('HANDOVER_MS');

/** Between two looks for actors whose keys are elsewhere now. */
const LOOK_MS = 1_000;
/** Between two looks when all are to end. */
const STOPPING_LOOK_MS = 25;

type AnyKind = Pick<ActorKind<never>, 'release'>;

/**
 * Lets virtual actors go whose key is placed elsewhere: their mail is handled, then they end, and with them what they remember. When an instance
 * of their role comes, those whose keys it has now; when this process stops, all of them, after others have been told to choose it no more
 * and before the mesh is left, so that what they say in the end (a cursor to save, a status to push) is still heard.
 *
 * Meanwhile two processes may have one key: what these actors hold saves work and decides nothing (see each), so it does no harm.
 */
@Injectable()
export class Handover implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(Handover.name);
  private readonly kinds = new Map<AnyKind, string>();
  private unsubscribe: (() => void) | undefined;
  private timer: TimerHandle = undefined;

  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(HANDOVER_MS) private readonly limitMs: number,
  ) {}

  /** Actors of this kind are placed among the instances of `role`, by their key. */
  add(role: string, kind: AnyKind): void {
    this.kinds.set(kind, role);
  }

  onApplicationBootstrap(): void {
    this.unsubscribe = this.mesh.subscribe({ onJoined: () => this.later(), onReconnected: () => this.later() });
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Where clients are served too (standalone) their drain ends the work; there is nobody to hand anything to. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.kinds.size === 0 || this.mesh.self.roles.some((role) => ![...this.kinds.values()].includes(role))) return;
    this.mesh.retire();
    const until = performance.now() + this.limitMs;
    for (let left = this.release(() => true); left > 0; left = this.release(() => true)) {
      if (performance.now() >= until) return this.giveUp(left);
      await sleep(STOPPING_LOOK_MS);
    }
  }

  /** Asks that wait keep their keys where they are for a while, so it is looked at until none is left. */
  private later(): void {
    this.timer ??= this.clock.setTimeout(() => {
      this.timer = undefined;
      if (this.release((role, key) => this.isElsewhere(role, key)) > 0) this.later();
    }, LOOK_MS);
  }

  private isElsewhere(role: string, key: string): boolean {
    const owner = this.mesh.owner(role, key);
    return owner !== undefined && !this.mesh.isSelf(owner);
  }

  /** How many of them are still there. */
  private release(which: (role: string, key: string) => boolean): number {
    let left = 0;
    for (const [kind, role] of this.kinds) left += kind.release((key) => which(role, key));
    return left;
  }

  private giveUp(actors: number): void {
    if (this.limitMs > 0) this.logger.warn({ actors }, 'actors that are still at work are left behind');
  }
}
