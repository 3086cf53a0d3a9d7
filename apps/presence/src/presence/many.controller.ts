import { Controller, Inject } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { InjectActorKind, type ActorKind } from '#actor';
import {
  PRESENCE,
  UNAVAILABLE,
  type EnterReply,
  type EnterRequest,
  type RegisterReply,
  type RegisterRequest,
  type SweepReply,
  type SweepRequest,
} from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { MeshRefusal } from '#mesh';
import { ENGINE } from '#service';
import { PresenceStats } from '../presence-stats.js';
import { Register, Swept, type PresenceMail } from './mail.js';
import { PresenceActor } from './presence.actor.js';

/** What a gateway that comes back, or its sweeper, has to say of many users at once. */
@Controller()
export class ManyController {
  constructor(
    @InjectActorKind(PresenceActor) private readonly users: ActorKind<PresenceMail>,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly stats: PresenceStats,
  ) {}

  @MessagePattern(PRESENCE.enter)
  async enter({ connections }: EnterRequest): Promise<EnterReply> {
    const outranked: string[] = [];
    const failed: string[] = [];
    const enterOne = async (connection: RegisterRequest): Promise<void> => {
      const reply = await this.enterOne(connection);
      if (!reply) failed.push(connection.connectionId);
      else if (reply.outranked) outranked.push(connection.connectionId);
    };
    await Promise.all(connections.map(enterOne));
    return { outranked, failed };
  }

  /**
   * Removed in few calls to the engine, not by way of each user's mailbox: each removal is atomic, and touches nothing that anybody else would. The
   * actors are told what the engine said, as if they had asked; what they learnt since then has a higher version (transitions.ts).
   */
  @MessagePattern(PRESENCE.sweep)
  async sweep({ gatewayId, incarnation, connections }: SweepRequest): Promise<SweepReply> {
    const results = await this.engine.presence
      .sweep({ gatewayId, incarnation }, connections)
      .catch((error: unknown) => this.refused(error));
    let removed = 0;
    connections.forEach(({ userId }, i) => {
      const result = results[i];
      if (!result) return;
      if (result.removed) removed += 1;
      this.users.tell(userId, new Swept(result));
    });
    return { removed };
  }

  /** Undefined: it could not be entered. */
  private enterOne(data: RegisterRequest): Promise<RegisterReply | undefined> {
    return new Promise((done) => {
      const told = this.users.tell(data.userId, new Register({ data, reply: done, fail: () => done(undefined) }));
      if (told !== 'ok') done(undefined);
    });
  }

  private refused(error: unknown): never {
    if (!(error instanceof EngineUnavailableError)) throw error;
    this.stats.unavailable += 1;
    throw new MeshRefusal(UNAVAILABLE.code, UNAVAILABLE.message, UNAVAILABLE.retryAfterMs);
  }
}
