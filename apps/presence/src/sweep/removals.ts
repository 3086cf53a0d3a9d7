import { Inject, Injectable } from '@nestjs/common';
import { PRESENCE, ROLE, type SweepReply, type SweepRequest } from '#contract';
import { instance, MeshError, type Mesh } from '#mesh';
import { MESH } from '#service';
import type { Casualty } from './casualties.js';

/** Connections in one call. */
const BATCH = 500;
const TIMEOUT_MS = 5_000;

type Place = SweepRequest['connections'][number];

/** Removes what a dead gateway has left, by the owners of the users: each says what is to be said about its own. */
@Injectable()
export class Removals {
  constructor(@Inject(MESH) private readonly mesh: Mesh) {}

  /** Resolves with how many were there; rejects with the first failure, when all others are done. */
  async removeAll(casualty: Casualty, connections: readonly Place[]): Promise<number> {
    const calls = [...this.byOwner(connections)].flatMap(([owner, some]) =>
      Array.from({ length: Math.ceil(some.length / BATCH) }, (_, i) =>
        this.removeSome(owner, casualty, some.slice(i * BATCH, (i + 1) * BATCH)),
      ),
    );
    const results = await Promise.allSettled(calls);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason;
    return results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value.removed : 0), 0);
  }

  private byOwner(connections: readonly Place[]): ReadonlyMap<string, readonly Place[]> {
    const groups = new Map<string, Place[]>();
    for (const place of connections) {
      const owner = this.mesh.owner(ROLE.presence, place.userId);
      if (!owner) throw new MeshError('no_member', 'Nobody plays presence');
      const group = groups.get(owner.id);
      if (group) group.push(place);
      else groups.set(owner.id, [place]);
    }
    return groups;
  }

  private removeSome(owner: string, casualty: Casualty, connections: readonly Place[]): Promise<SweepReply> {
    const request: SweepRequest = { ...casualty, connections };
    const options = { timeoutMs: TIMEOUT_MS, idempotent: true };
    return this.mesh.ask(instance(ROLE.presence, owner), PRESENCE.sweep, request, options);
  }
}
