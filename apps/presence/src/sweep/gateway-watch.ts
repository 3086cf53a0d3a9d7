import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectActorKind, type ActorKind, type Clock } from '#actor';
import { ROLE } from '#contract';
import type { Member, Mesh } from '#mesh';
import { CLOCK, MESH } from '#service';
import { Casualties, sweepKey, type Casualty } from './casualties.js';
import { SweepActor } from './sweep.actor.js';

/** Has gateways swept when they leave the mesh, and looks again when another presence instance, which may have been at it, leaves. */
@Injectable()
export class GatewayWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly casualties = new Casualties();
  private unsubscribe: (() => void) | undefined;

  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(CLOCK) private readonly clock: Clock,
    @InjectActorKind(SweepActor) private readonly sweeps: ActorKind<Casualty>,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribe = this.mesh.subscribe({
      onJoined: (member) => this.joined(member),
      onLeft: (member) => this.left(member),
    });
  }

  beforeApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  private joined(member: Member): void {
    if (member.role === ROLE.gateway) this.casualties.returned(member);
  }

  private left(member: Member): void {
    const now = this.clock.now();
    if (member.role === ROLE.gateway) this.sweep(this.casualties.died(member, now));
    if (member.role === ROLE.presence) this.casualties.recent(now).forEach((casualty) => this.sweep(casualty));
  }

  private sweep(casualty: Casualty): void {
    this.sweeps.tell(sweepKey(casualty), casualty);
  }
}
