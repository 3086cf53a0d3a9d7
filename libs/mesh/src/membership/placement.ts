import { hash32, mix32 } from './hash.js';
import type { Peer } from './peer.js';

/** The peer with the highest weight for `key` (rendezvous hashing): all processes with the same peers agree. `peers` is sorted by id. */
export function ownerOf(peers: readonly Peer[], key: string): Peer | undefined {
  if (peers.length <= 1) return peers[0];
  const hash = hash32(key);
  let best: Peer | undefined;
  let highest = -1;
  for (const peer of peers) {
    const weight = mix32(hash ^ peer.weight);
    if (weight > highest) {
      highest = weight;
      best = peer;
    }
  }
  return best;
}

/**
 * Those of a role who count as live, sorted by id: the ones above suspicion. When all are suspect, all of them: asking somebody who may
 * be dead beats asking nobody, and the carrier tells at once if he is.
 */
export function candidates(peers: readonly Peer[]): readonly Peer[] {
  const trusted = peers.filter((peer) => !peer.suspect);
  return (trusted.length > 0 ? trusted : [...peers]).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Those of them that keys are placed on: the ones who stay. When all are leaving, all of them: they still answer. */
export function keepers(live: readonly Peer[]): readonly Peer[] {
  const staying = live.filter((peer) => !peer.leaving);
  return staying.length > 0 ? staying : live;
}
