import { Inject, Injectable } from '@nestjs/common';
import { PRESENCE, ROLE, type RemoveReply, type RemoveRequest } from '#contract';
import { byKey, type Mesh } from '#mesh';
import { MESH } from '#service';

/** Removals that wait for an answer at once. */
const AT_ONCE = 512;
const TIMEOUT_MS = 5_000;

/** Removes connections as their gateway would have: each by the owner of its user, which says what is to be said about it. */
@Injectable()
export class Removals {
  constructor(@Inject(MESH) private readonly mesh: Mesh) {}

  /** Resolves with how many were there; rejects with the first failure, leaving the rest. */
  async removeAll(connections: readonly RemoveRequest[]): Promise<number> {
    const waiting = connections.values();
    let removed = 0;
    const work = async (): Promise<void> => {
      for (const connection of waiting) if ((await this.remove(connection)).removed) removed += 1;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return removed;
  }

  private remove(connection: RemoveRequest): Promise<RemoveReply> {
    const owner = byKey(ROLE.presence, connection.userId);
    return this.mesh.ask(owner, PRESENCE.remove, connection, { timeoutMs: TIMEOUT_MS, idempotent: true });
  }
}
