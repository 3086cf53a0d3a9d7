import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { InjectActorKind, type ActorKind } from '#actor';
import { OVERLOADED, PRESENCE, refuse, UNAVAILABLE, type Refusable } from '#contract';
import { PresenceStats } from '../presence-stats.js';
import { Register, Remove, SetStatus, type PresenceMail } from './mail.js';
import { PresenceActor } from './presence.actor.js';

/** What changes where a user is connected and as what, on its way into the user's mailbox. */
@Controller()
export class PresenceController {
  constructor(
    @InjectActorKind(PresenceActor) private readonly users: ActorKind<PresenceMail>,
    private readonly stats: PresenceStats,
  ) {}

  @MessagePattern(PRESENCE.register, undefined, { batch: true })
  register(requests: readonly Register['request'][]): void {
    for (const request of requests) this.admit(request.data.userId, new Register(request), request);
  }

  @MessagePattern(PRESENCE.remove, undefined, { batch: true })
  remove(requests: readonly Remove['request'][]): void {
    for (const request of requests) this.admit(request.data.userId, new Remove(request), request);
  }

  @MessagePattern(PRESENCE.setStatus, undefined, { batch: true })
  setStatus(requests: readonly SetStatus['request'][]): void {
    for (const request of requests) this.admit(request.data.userId, new SetStatus(request), request);
  }

  private admit(userId: string, mail: PresenceMail, request: Refusable): void {
    const told = this.users.tell(userId, mail);
    if (told === 'ok') return;
    if (told === 'dead') return refuse(request, UNAVAILABLE);
    this.stats.overloaded += 1;
    refuse(request, OVERLOADED);
  }
}
