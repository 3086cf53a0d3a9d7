import { Controller, Inject } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import {
  PRESENCE,
  UNAVAILABLE,
  type LocateReply,
  type LocateRequest,
  type RefreshReply,
  type RefreshRequest,
} from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { MeshRefusal } from '#mesh';
import { ENGINE } from '#service';
import { PresenceStats } from '../presence-stats.js';
import { locateReply } from './status.js';

/**
 * What changes nothing about a user's coming and going goes straight to the engine, not through the user's actor: it answers in one atomic
 * step, and refreshing extends only what is still there, so a refresh can neither bring a removed connection back nor be too late for one.
 */
@Controller()
export class LookupController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly stats: PresenceStats,
  ) {}

  @MessagePattern(PRESENCE.refresh)
  async refresh({ connections }: RefreshRequest): Promise<RefreshReply> {
    const missing = await this.engine.presence.refresh(connections).catch((error: unknown) => this.refused(error));
    this.stats.refreshes += connections.length - missing.length;
    return { missing };
  }

  @MessagePattern(PRESENCE.locate)
  async locate({ userId }: LocateRequest): Promise<LocateReply> {
    return locateReply(await this.engine.presence.locate(userId).catch((error: unknown) => this.refused(error)));
  }

  private refused(error: unknown): never {
    if (!(error instanceof EngineUnavailableError)) throw error;
    this.stats.unavailable += 1;
    throw new MeshRefusal(UNAVAILABLE.code, UNAVAILABLE.message, UNAVAILABLE.retryAfterMs);
  }
}
