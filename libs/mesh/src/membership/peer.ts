import type { Member } from '../mesh.js';
import { hash32 } from './hash.js';

/** The address of one instance. */
export const addressOf = (role: string, id: string): string => `${role}:${id}`;
/** The address of all instances of a role. */
export const broadcastOf = (role: string): string => `${role}:*`;
/** Where everybody listens, for announcements. */
export const EVERYBODY = 'mesh:*';

interface Suspicion {
  readonly since: number;
  /** The lease's end as the first answer asked for after `since` told it, at the latest. */
  leaseEnd?: number;
}

/** One live instance in one role, as this process sees it; a restarted instance is another peer. */
export class Peer implements Member {
  readonly address: string;
  readonly weight: number;
  /** Asks that wait for its answer. */
  pending = 0;
  /** Local time at which its lease ends unless renewed. */
  expiresAt = 0;
  /** It has said that it is about to leave: no keys any more. */
  leaving = false;
  /** Local time of its own "I joined"; an answer asked for earlier does not know it yet. */
  announcedAt = -Infinity;
  private suspicion: Suspicion | undefined;

  constructor(
    readonly role: string,
    readonly id: string,
    readonly incarnation: string,
  ) {
    this.address = addressOf(role, id);
    this.weight = hash32(this.address);
  }

  /** Thought dead (the carrier found nobody listening) though its lease has not ended. */
  get suspect(): boolean {
    return this.suspicion !== undefined;
  }

  /** False if it was suspect already. */
  suspectAt(now: number): boolean {
    if (this.suspicion) return false;
    this.suspicion = { since: now };
    return true;
  }

  trust(): void {
    this.suspicion = undefined;
  }

  /**
   * Takes in what an answer of the lease store, asked for at `askedAt` and received at `answeredAt`, tells of its lease. True if that ends a
   * suspicion: the lease was renewed after it, for certain. The store's "remaining" was true at some time between the two, so two answers
   * prove a renewal only if the later one's earliest end lies past the earlier one's latest end; the first of them must have been
   * asked for after the suspicion, since the beat before a death also renews.
   */
  renew(remainingMs: number, askedAt: number, answeredAt: number): boolean {
    this.expiresAt = answeredAt + remainingMs;
    const suspicion = this.suspicion;
    if (!suspicion || askedAt <= suspicion.since) return false;
    if (suspicion.leaseEnd === undefined) {
      suspicion.leaseEnd = this.expiresAt;
      return false;
    }
    if (askedAt + remainingMs <= suspicion.leaseEnd) return false;
    this.suspicion = undefined;
    return true;
  }
}
