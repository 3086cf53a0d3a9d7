import type { Endpoint } from '#redis';

export const keyOf = ({ host, port }: Endpoint): string => `${host}:${port}`;

type Range = readonly [first: number, last: number, ...nodes: (readonly [host: string | null, port: number])[]];

/** Which master has which slot, as some node of the cluster told. */
export class SlotMap {
  private readonly owners: (Endpoint | undefined)[] = [];
  private readonly known = new Map<string, Endpoint>();

  get masters(): readonly Endpoint[] {
    return [...this.known.values()];
  }

  ownerOf(slot: number): Endpoint | undefined {
    return this.owners[slot];
  }

  /** `MOVED <slot> <host>:<port>`, ahead of the next answer. */
  move(slot: number, to: Endpoint): void {
    this.owners[slot] = this.add(to);
  }

  /** The answer to CLUSTER SLOTS of the node at `asked`, whose address stands for one that it does not know itself. */
  static of(reply: unknown, asked: Endpoint): SlotMap {
    const map = new SlotMap();
    for (const [first, last, master] of reply as readonly Range[]) {
      if (!master) continue;
      const [host, port] = master;
      const owner = map.add({ host: host === null || host === '' || host === '?' ? asked.host : host, port });
      for (let slot = first; slot <= last; slot++) map.owners[slot] = owner;
    }
    return map;
  }

  private add(endpoint: Endpoint): Endpoint {
    const known = this.known.get(keyOf(endpoint));
    if (!known) this.known.set(keyOf(endpoint), endpoint);
    return known ?? endpoint;
  }
}

/** What a redirect says; undefined where `error` is none. */
export function movedTo(error: Error, asked: Endpoint): { readonly slot: number; readonly to: Endpoint } | undefined {
  const [, slot, host, port] = /^MOVED (\d+) (.*):(\d+)$/.exec(error.message) ?? [];
  if (slot === undefined) return undefined;
  return { slot: Number(slot), to: { host: host || asked.host, port: Number(port) } };
}
