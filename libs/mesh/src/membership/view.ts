import type { LiveLease } from '../lease-store.js';
import { Peer, addressOf } from './peer.js';
import { candidates, keepers, ownerOf } from './placement.js';

export type Departure = readonly [peer: Peer, reason: 'left' | 'expired'];

/** What a step changed. `moved`: placement changed for some keys of peers that stay. */
export interface Changes {
  readonly joined: readonly Peer[];
  readonly left: readonly Departure[];
  readonly moved: boolean;
}

/**
 * Who is live, as this process knows it. Pure: time comes as an argument. Fed by the answers of the lease store, by announcements, and by
 * leases running out in between.
 */
export class View {
  private readonly peers = new Map<string, Peer>();
  private readonly live = new Map<string, readonly Peer[]>();
  private readonly placed = new Map<string, readonly Peer[]>();
  /** Those that said goodbye, until their lease would have ended. */
  private readonly gone = new Map<string, number>();

  constructor(private readonly ttlMs: number) {}

  at(role: string, id: string): Peer | undefined {
    return this.peers.get(addressOf(role, id));
  }

  atAddress(address: string): Peer | undefined {
    return this.peers.get(address);
  }

  /** Whether this incarnation is live here, or said goodbye lately. */
  knows(address: string, incarnation: string): boolean {
    return this.peers.get(address)?.incarnation === incarnation || this.gone.has(`${address}/${incarnation}`);
  }

  owner(role: string, key: string): Peer | undefined {
    const peers = this.placed.get(role);
    return peers && ownerOf(peers, key);
  }

  /** Those who count as live, whether or not they are about to leave. */
  members(role: string): readonly Peer[] {
    return this.live.get(role) ?? [];
  }

  all(): IterableIterator<Peer> {
    return this.peers.values();
  }

  /**
   * The store's answer, asked for at `askedAt`. Answers come in the order of asking. `sparing`: the store was away for long, all leases may have
   * ended with nobody dead, so those not in the answer get the time to take theirs again.
   */
  answered(live: readonly LiveLease[], askedAt: number, now: number, sparing = false): Changes {
    this.forgetGone(now);
    const joined: Peer[] = [];
    const left: Departure[] = [];
    const seen = new Set<string>();
    let moved = false;
    for (const lease of live) {
      if (this.gone.has(graveOf(lease.role, lease.id, lease.incarnation))) continue;
      const peer = this.admit(lease, joined, left);
      if (peer.renew(lease.remainingMs, askedAt, now)) moved = true;
      if (lease.leaving && this.retire(peer)) moved = true;
      seen.add(peer.address);
    }
    for (const peer of this.peers.values()) {
      // Interleaving: hold asked → X holds its lease and announces itself → the hold's answer, made before X's, arrives. X has not left.
      const unknownYet = peer.announcedAt >= askedAt;
      if (!seen.has(peer.address) && !unknownYet && !sparing) left.push([peer, 'expired']);
    }
    return this.changed(joined, left, moved);
  }

  /** Somebody said that it joined: known at once, before the next answer, so that what it asks can be answered. */
  announced(role: string, id: string, incarnation: string, now: number): Changes {
    const joined: Peer[] = [];
    const left: Departure[] = [];
    if (!this.gone.has(graveOf(role, id, incarnation))) {
      const peer = this.admit({ role, id, incarnation }, joined, left);
      peer.announcedAt = now;
      peer.expiresAt = Math.max(peer.expiresAt, now + this.ttlMs);
    }
    return this.changed(joined, left, false);
  }

  /** Somebody said that it is about to leave: its keys move, those with asks under way once these are answered. */
  saidLeaving(role: string, id: string, incarnation: string): Changes {
    const peer = this.at(role, id);
    const moved = peer?.incarnation === incarnation && this.retire(peer);
    return this.changed([], [], moved);
  }

  /**
   * Somebody said goodbye. Interleaving: hold asked → X releases and says goodbye → the hold's answer, made before the release, arrives. X stays
   * away: its incarnation is remembered for as long as such an answer may come.
   */
  saidGoodbye(role: string, id: string, incarnation: string, now: number): Changes {
    this.gone.set(graveOf(role, id, incarnation), now + 2 * this.ttlMs);
    const peer = this.at(role, id);
    return this.changed([], peer?.incarnation === incarnation ? [[peer, 'left']] : [], false);
  }

  /** Leases that ran out by `now`. */
  expired(now: number): Changes {
    const left = [...this.peers.values()].filter((peer) => peer.expiresAt <= now);
    return this.changed(
      [],
      left.map((peer) => [peer, 'expired'] as const),
      false,
    );
  }

  /** Nothing was heard of the store, so nobody is declared dead before `until`. */
  spare(until: number): void {
    for (const peer of this.peers.values()) if (peer.expiresAt < until) peer.expiresAt = until;
  }

  /** When the next lease runs out; Infinity when there is none. */
  nextExpiry(): number {
    let next = Infinity;
    for (const { expiresAt } of this.peers.values()) if (expiresAt < next) next = expiresAt;
    return next;
  }

  /** Excludes `peer` from placement until it is seen to beat again. False if it was excluded already. */
  suspect(peer: Peer, now: number): boolean {
    if (!peer.suspectAt(now)) return false;
    this.place([peer.role]);
    return true;
  }

  /** Ends a suspicion without proof: of this process itself. */
  trust(peer: Peer): void {
    peer.trust();
    this.place([peer.role]);
  }

  /** False if it was known already. */
  private retire(peer: Peer): boolean {
    const news = !peer.leaving;
    peer.leaving = true;
    return news;
  }

  private admit(lease: Pick<LiveLease, 'role' | 'id' | 'incarnation'>, joined: Peer[], left: Departure[]): Peer {
    const known = this.at(lease.role, lease.id);
    if (known?.incarnation === lease.incarnation) return known;
    if (known) left.push([known, 'expired']);
    const peer = new Peer(lease.role, lease.id, lease.incarnation);
    this.peers.set(peer.address, peer);
    joined.push(peer);
    return peer;
  }

  private changed(joined: readonly Peer[], left: readonly Departure[], moved: boolean): Changes {
    for (const [peer] of left) if (this.peers.get(peer.address) === peer) this.peers.delete(peer.address);
    const roles = new Set([...joined, ...left.map(([peer]) => peer)].map((peer) => peer.role));
    this.place(moved ? new Set([...roles, ...this.live.keys()]) : roles);
    return { joined, left, moved: moved || joined.length > 0 };
  }

  private place(roles: Iterable<string>): void {
    for (const role of roles) {
      const peers = [...this.peers.values()].filter((peer) => peer.role === role);
      const live = candidates(peers);
      this.live.set(role, live);
      this.placed.set(role, keepers(live));
    }
  }

  private forgetGone(now: number): void {
    for (const [grave, until] of this.gone) if (until <= now) this.gone.delete(grave);
  }
}

const graveOf = (role: string, id: string, incarnation: string): string => `${addressOf(role, id)}/${incarnation}`;
