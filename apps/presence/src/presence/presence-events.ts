import { Injectable, Logger } from '@nestjs/common';
import { PresenceStats } from '../presence-stats.js';
import type { Announcement } from './transitions.js';

/** A user came online or went offline. Of what different owners say of one user, `supersedes` tells which to believe. */
export interface Transition extends Announcement {
  readonly userId: string;
}

export type TransitionListener = (transition: Transition) => void;

/** Where this process's owners of users say who came and who went, and where others in this process hear it. */
@Injectable()
export class PresenceEvents {
  private readonly logger = new Logger(PresenceEvents.name);
  private readonly listeners = new Set<TransitionListener>();

  constructor(private readonly stats: PresenceStats) {}

  /** Returns the call that ends the subscription. */
  subscribe(listener: TransitionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(transition: Transition): void {
    this.stats[transition.status] += 1;
    this.logger.debug(transition, 'presence changed');
    for (const listener of this.listeners) this.tell(listener, transition);
  }

  /** A listener's fault is its own: the others hear all the same, and the owner goes on. */
  private tell(listener: TransitionListener, transition: Transition): void {
    try {
      listener(transition);
    } catch (error) {
      this.logger.error({ err: error }, 'a listener to presence failed');
    }
  }
}
