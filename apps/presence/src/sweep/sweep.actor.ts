import { Inject, Logger } from '@nestjs/common';
import { Actor, VirtualActor } from '#actor';
import { ROLE } from '#contract';
import type { Engine } from '#engine';
import type { Mesh } from '#mesh';
import { backoffMs, ENGINE, MESH } from '#service';
import { PresenceStats } from '../presence-stats.js';
import type { Casualty } from './casualties.js';
import { Removals } from './removals.js';

/** Connections asked of the engine at a time. */
const PAGE = 2_000;
/** Between two passes: registrations that were on their way when the gateway died have arrived by then (their asks have timed out), ms. */
const SETTLE_MS = 5_000;
/** How often the others look whether the one on whom the sweep is placed makes progress, ms. */
const LOOK_MS = 2_500;
/** Passes in a row that must find nothing. */
const CLEAN_PASSES = 2;

/**
 * The sweep of one dead gateway process: pages through the connections it has registered and not removed, and removes each, until nothing
 * is left. Placement picks one presence instance to do it at once; the others look on, and act if between two looks nothing has changed
 * (that one may have died too, or never have known the gateway). Sweeping twice does no harm.
 */
@VirtualActor({ kind: 'sweep', idleMs: 60_000 })
export class SweepActor extends Actor<Casualty> {
  private readonly logger = new Logger(SweepActor.name);
  /** The first connection found when the sweep was last looked at; undefined: not yet. */
  private lastLook: string | undefined;
  private failures = 0;
  private clean = 0;
  private found = 0;
  private counted = false;

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly removals: Removals,
    private readonly stats: PresenceStats,
  ) {
    super();
  }

  override async receive(casualty: Casualty): Promise<void> {
    if (this.lives(casualty)) return this.context.stop();
    try {
      if (!this.isMine() && (await this.othersAreAtIt(casualty))) return this.again(casualty, LOOK_MS);
      this.passed(await this.pass(casualty));
      if (this.clean >= CLEAN_PASSES) return this.context.stop();
      this.again(casualty, SETTLE_MS);
    } catch (error) {
      const retryInMs = backoffMs(this.failures++);
      this.logger.warn({ err: error, ...casualty, retryInMs }, 'the sweep of a dead gateway stopped, trying again');
      this.again(casualty, retryInMs);
    }
  }

  private again(casualty: Casualty, ms: number): void {
    this.context.startTimer('again', ms, casualty);
  }

  private isMine(): boolean {
    const owner = this.mesh.owner(ROLE.presence, this.context.key);
    return owner !== undefined && this.mesh.isSelf(owner);
  }

  private async othersAreAtIt(casualty: Casualty): Promise<boolean> {
    const before = this.lastLook;
    this.lastLook = await this.firstLeft(casualty);
    return before === undefined || (this.lastLook !== '' && this.lastLook !== before);
  }

  /** The connection that a pass would come to first; '' when none is left. A page may be empty and not the last. */
  private async firstLeft({ gatewayId, incarnation }: Casualty): Promise<string> {
    let cursor = '0';
    do {
      const page = await this.engine.presence.ofGateway(gatewayId, incarnation, cursor, PAGE);
      if (page.connections[0]) return page.connections[0].connectionId;
      cursor = page.cursor;
    } while (cursor !== '0');
    return '';
  }

  /** A gateway that only lost its lease for a while comes back as the same process: what it registers from then on is its own. */
  private lives({ incarnation }: Casualty): boolean {
    return this.mesh.members(ROLE.gateway).some((member) => member.incarnation === incarnation);
  }

  /** Resolves with how many connections it found. */
  private async pass(casualty: Casualty): Promise<number> {
    const { gatewayId, incarnation } = casualty;
    let found = 0;
    let cursor = '0';
    do {
      const page = await this.engine.presence.ofGateway(gatewayId, incarnation, cursor, PAGE);
      if (this.lives(casualty)) break;
      found += page.connections.length;
      this.stats.swept += await this.removals.removeAll({ gatewayId, incarnation }, page.connections);
      cursor = page.cursor;
    } while (cursor !== '0');
    return found;
  }

  private passed(found: number): void {
    this.failures = 0;
    this.clean = found === 0 ? this.clean + 1 : 0;
    this.found += found;
    if (this.counted || this.found === 0) return;
    this.counted = true;
    this.stats.sweeps += 1;
    this.logger.log({ sweep: this.context.key, connections: this.found }, 'swept a dead gateway');
  }
}
