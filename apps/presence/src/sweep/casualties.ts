import type { Member } from '#mesh';

/** A gateway process that has left the mesh, and may have left connections behind. */
export interface Casualty {
  readonly gatewayId: string;
  readonly incarnation: string;
}

/** The placement key of its sweep. */
export const sweepKey = ({ gatewayId, incarnation }: Casualty): string => `gateway:${gatewayId}/${incarnation}`;

/** After this long (twice the TTL of presence entries) nothing that it left can be there any more, ms. */
const FORGET_MS = 180_000;

/** The gateways that have died lately, whoever sweeps them: what an instance looks at again when others of its role come or go. */
export class Casualties {
  private readonly known = new Map<string, Casualty & { readonly since: number }>();

  died({ id, incarnation }: Member, now: number): Casualty {
    const casualty = { gatewayId: id, incarnation, since: now };
    this.known.set(sweepKey(casualty), casualty);
    return casualty;
  }

  /** It was only out of sight: its connections are its own again. */
  returned({ id, incarnation }: Member): void {
    this.known.delete(sweepKey({ gatewayId: id, incarnation }));
  }

  recent(now: number): Casualty[] {
    for (const [key, { since }] of this.known) if (now - since >= FORGET_MS) this.known.delete(key);
    return [...this.known.values()];
  }
}
