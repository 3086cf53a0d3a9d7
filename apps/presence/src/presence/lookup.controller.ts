import { Controller, Inject } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import {
  PRESENCE,
  UNAVAILABLE,
  type LocateReply,
  type LocateRequest,
  type RefreshReply,
  type RefreshRequest,
  type UnwatchRequest,
  type WatchReply,
  type WatchRequest,
} from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { MeshRefusal } from '#mesh';
import { ENGINE } from '#service';
import { PresenceStats } from '../presence-stats.js';
import { Lateness } from './lateness.js';
import { Onlookers } from './onlookers.js';
import { locateReply } from './status.js';

/**
 * What changes nothing about a user's coming and going goes straight to the engine, not through the user's actor: it answers in one atomic
 * step, and refreshing extends only what is still there, so a refresh can neither bring a removed connection back nor be too late for one.
 */
@Controller()
export class LookupController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly onlookers: Onlookers,
    private readonly lateness: Lateness,
    private readonly stats: PresenceStats,
  ) {}

  @MessagePattern(PRESENCE.refresh)
  async refresh({ connections, incarnation, askedAt }: RefreshRequest): Promise<RefreshReply> {
    if (incarnation !== undefined) this.lateness.of(incarnation, askedAt);
    const missing = await this.engine.presence.refresh(connections).catch((error: unknown) => this.refused(error));
    this.stats.refreshes += connections.length - missing.length;
    return { missing };
  }

  @MessagePattern(PRESENCE.locate)
  async locate({ userId }: LocateRequest): Promise<LocateReply> {
    return locateReply(await this.onlookers.describe(userId).catch((error: unknown) => this.refused(error)));
  }

  /** Live tail first: the gateway is recorded before the statuses are read, so of a change in between it is told twice rather than not at all. */
  @MessagePattern(PRESENCE.watch)
  async watch({ userIds, gatewayId, incarnation }: WatchRequest): Promise<WatchReply> {
    const statuses = await this.engine.watchers
      .add(userIds, { gatewayId, incarnation })
      .then(() => this.onlookers.statuses(userIds))
      .catch((error: unknown) => this.refused(error));
    this.stats.watches += userIds.length;
    return { statuses };
  }

  /** Where it fails, the gateway is told of changes that it drops until its record ends (90 s). */
  @EventPattern(PRESENCE.unwatch)
  async unwatch({ userIds, gatewayId, incarnation }: UnwatchRequest): Promise<void> {
    await this.engine.watchers
      .remove(userIds, { gatewayId, incarnation })
      .catch((error: unknown) => this.missed(error));
    this.stats.unwatches += userIds.length;
  }

  private missed(error: unknown): void {
    if (!(error instanceof EngineUnavailableError)) throw error;
    this.stats.unavailable += 1;
  }

  private refused(error: unknown): never {
    this.missed(error);
    throw new MeshRefusal(UNAVAILABLE.code, UNAVAILABLE.message, UNAVAILABLE.retryAfterMs);
  }
}
