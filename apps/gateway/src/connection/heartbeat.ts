import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#actor';
import { CLOSE } from '#protocol';
import { CLOCK, CONFIG } from '#service';
import type { GatewayConfig } from '../config.js';
import type { SessionActor } from './session.js';
import { Wheel } from './wheel.js';

/** Looks at each connection once per HEARTBEAT_INTERVAL_MS: silent for HEARTBEAT_TIMEOUT_MS, closed with 4000; else pinged (PROTOCOL.md §7). */
@Injectable()
export class Heartbeat {
  private readonly wheel: Wheel<SessionActor>;
  private readonly timeoutMs: number;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) config: GatewayConfig,
  ) {
    this.timeoutMs = config.HEARTBEAT_TIMEOUT_MS;
    this.wheel = new Wheel(clock, config.HEARTBEAT_INTERVAL_MS, (sessions) => this.look(sessions));
  }

  /** How often every connection has been looked at. */
  get sweeps(): number {
    return this.wheel.turns;
  }

  get size(): number {
    return this.wheel.size;
  }

  add(session: SessionActor): void {
    this.wheel.add(session);
  }

  remove(session: SessionActor): void {
    this.wheel.remove(session);
  }

  stop(): void {
    this.wheel.stop();
  }

  private look(sessions: ReadonlySet<SessionActor>): void {
    const silentSince = this.clock.now() - this.timeoutMs;
    for (const session of sessions) {
      const { connection } = session;
      // A client that is made to wait (its socket is not read) is not silent: we are deaf.
      if (connection.seenAt <= silentSince && !connection.flow.paused)
        session.close(CLOSE.heartbeatTimeout, 'no sign of life');
      else connection.ping();
    }
  }
}
