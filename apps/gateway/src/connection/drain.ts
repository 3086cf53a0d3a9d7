import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { CLOSE } from '#protocol';
import { Admission } from './admission.js';
import { Attendance } from './attendance.js';
import { AutoAck } from './auto-ack.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';
import { Sessions } from './sessions.js';

/** Clients come back within so many ms, spread at random. */
const RECONNECT_WITHIN_MS = 1_000;

/**
 * The orderly end of a gateway: nobody new, every client is told and closed with 1012, cursors are saved, presence is told. The mesh leaves
 * after it.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);

  constructor(
    private readonly admission: Admission,
    private readonly registry: Registry<SessionActor>,
    private readonly sessions: Sessions,
    private readonly attendance: Attendance,
    private readonly autoAck: AutoAck,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.admission.draining = true;
    const { connections } = this.registry;
    if (connections > 0) this.logger.log({ connections }, 'draining');
    for (const session of this.registry.all()) this.dismiss(session);
    await this.sessions.emptied();
    this.sessions.stop();
    await Promise.all([this.attendance.settled(), this.autoAck.settled()]);
  }

  private dismiss(session: SessionActor): void {
    const reconnectAfterMs = Math.round(Math.random() * RECONNECT_WITHIN_MS);
    session.reply({ type: 'closing', reason: 'service restart', reconnectAfterMs });
    session.close(CLOSE.serviceRestart, 'service restart');
  }
}
