import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ActorSystem, type Clock } from '#actor';
import { EngineUnavailableError, type Engine } from '#engine';
import { InstanceTakenError, type MeshNode } from '#mesh';
import { CLOCK, ENGINE, MESH } from '../tokens.js';
import { Readiness } from '../health/readiness.js';
import { Fenced } from './fenced.js';
import { retrying } from './retry.js';

/** A lease lives 5 s: a holder that is there longer is alive, and no predecessor that crashed a moment ago. */
const TAKEN_FOR_GOOD_MS = 6_000;

/**
 * The order of start and stop: engine, then mesh (once handlers and HTTP are there to answer), then ready. Stopping goes back: the app's
 * own `beforeApplicationShutdown` drains, Nest closes the transport, which leaves the mesh, then actors stop, then the engine.
 */
@Injectable()
export class Infrastructure implements OnApplicationShutdown {
  private readonly logger = new Logger(Infrastructure.name);

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(MESH) private readonly mesh: MeshNode,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly actors: ActorSystem,
    private readonly readiness: Readiness,
    private readonly fenced: Fenced,
  ) {}

  /** Retries for as long as engine or carrier are away. `join` lets the transport listen, which joins the mesh. */
  async start(join: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    await retrying(() => this.engine.start(), { signal, onFailure: this.engineAway });
    await retrying(join, { signal, onFailure: this.notJoined(), longestMs: 1_000 });
    this.mesh.subscribe({
      onFenced: (reason) => this.lost(reason),
      onRenewed: () => this.logger.warn(`the lease had ended and is held again, as ${this.mesh.self.incarnation}`),
      onReconnected: () => this.logger.log('the carrier is back'),
    });
    this.readiness.serving();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.actors.stop();
    await this.engine.stop();
  }

  private lost(reason: 'lapsed' | 'taken'): void {
    if (reason === 'lapsed') {
      this.logger.warn('the lease of this instance could not be renewed in time: not ready until it is held again');
      return;
    }
    this.logger.error(
      `another instance has taken the INSTANCE_ID ${this.mesh.self.id}: this one lets go of all and ends`,
    );
    void this.fenced.run();
  }

  private readonly engineAway = (error: unknown, retryInMs: number): void => {
    if (!(error instanceof EngineUnavailableError)) throw error;
    this.logger.warn({ reason: error.message, retryInMs }, 'the engine is away, trying again');
  };

  private notJoined(): (error: unknown, retryInMs: number) => void {
    let takenSince: number | undefined;
    return (error, retryInMs) => {
      if (!(error instanceof InstanceTakenError)) {
        this.logger.warn({ reason: String(error), retryInMs }, 'could not join the mesh, trying again');
        return;
      }
      if (takenSince !== undefined && this.clock.now() - takenSince > TAKEN_FOR_GOOD_MS) throw error;
      if (takenSince === undefined)
        this.logger.warn(`INSTANCE_ID ${this.mesh.self.id} is held by another instance; waiting`);
      takenSince ??= this.clock.now();
    };
  }
}
