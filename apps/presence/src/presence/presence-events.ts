import { Inject, Injectable, Logger } from '@nestjs/common';
import type { UserStatus } from '#contract';
import { CONFIG, type Config } from '#service';
import { PresenceStats } from '../presence-stats.js';

export type StatusListener = (status: UserStatus) => void;

/** Where this process's owners of users say what others see of them from now on, and where others in this process hear it. */
@Injectable()
export class PresenceEvents {
  private readonly logger = new Logger(PresenceEvents.name);
  private readonly listeners = new Set<StatusListener>();

  /** Whether changes are logged: to have a logger throw a line away costs more than to say what it would have said. */
  private readonly logs: boolean;

  constructor(
    private readonly stats: PresenceStats,
    @Inject(CONFIG) { LOG_LEVEL: level }: Config<'LOG_LEVEL'>,
  ) {
    this.logs = level === 'debug' || level === 'trace';
  }

  /** Returns the call that ends the subscription. */
  subscribe(listener: StatusListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(status: UserStatus): void {
    this.stats[status.status] += 1;
    if (this.logs) this.logger.debug(status, 'presence changed');
    for (const listener of this.listeners) this.tell(listener, status);
  }

  /** A listener's fault is its own: the others hear all the same, and the owner goes on. */
  private tell(listener: StatusListener, status: UserStatus): void {
    try {
      listener(status);
    } catch (error) {
      this.logger.error({ err: error }, 'a listener to presence failed');
    }
  }
}
