import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { MeshError, type AskOptions, type Destination } from '../mesh.js';
import type { MeshNode } from '../node.js';

export interface MeshClientOptions {
  /** Of an ask, ms; default 5,000. */
  readonly timeoutMs?: number;
  /** See `AskOptions.idempotent`; default false. */
  readonly idempotent?: boolean;
}

/** Whom a packet is for, if that depends on it. */
export type DestinationOf = (data: never, pattern: string) => Destination;

/**
 * The mesh as a Nest `ClientProxy`: `send` asks, `emit` tells (and errors with `no_member` if nobody was there). Joins the mesh if nobody has. Hot
 * paths use the node's own `request` and `tell`: observables cost more than the packet.
 */
export class MeshClient extends ClientProxy {
  private readonly destinationOf: (data: unknown, pattern: string) => Destination;
  private readonly options: AskOptions;

  constructor(
    private readonly node: MeshNode,
    destination: Destination | DestinationOf,
    options: MeshClientOptions = {},
  ) {
    super();
    this.options = { timeoutMs: 5_000, idempotent: false, ...options };
    this.destinationOf =
      typeof destination === 'function' ? (destination as MeshClient['destinationOf']) : () => destination;
  }

  connect(): Promise<void> {
    return this.node.join();
  }

  /** The node is shared: whoever made it ends it. */
  close(): void {}

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- Nest's signature
  override unwrap<T = MeshNode>(): T {
    return this.node as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const pattern = this.normalizePattern(packet.pattern as string);
    let wanted = true;
    const settle = (answer: WritePacket): void => {
      if (wanted) callback(answer);
    };
    const options = { ...this.options, ...traced(packet) };
    this.node.request(this.destinationOf(packet.data, pattern), pattern, packet.data, options, {
      onReply: (response: unknown) => settle({ response, isDisposed: true }),
      onError: (err) => settle({ err }),
    });
    return () => {
      wanted = false;
    };
  }

  protected dispatchEvent<T = unknown>(packet: ReadPacket): Promise<T> {
    const pattern = this.normalizePattern(packet.pattern as string);
    const sent = this.node.tell(this.destinationOf(packet.data, pattern), pattern, packet.data, traced(packet).trace);
    if (sent) return Promise.resolve(undefined as T);
    return Promise.reject(new MeshError('no_member', `Nobody is live to hear ${pattern}`));
  }
}

/** The `traceparent` that a dispatch hook left in the packet's metadata. */
function traced(packet: ReadPacket): { readonly trace?: string } {
  const { metadata } = packet as { metadata?: { traceparent?: unknown } };
  return typeof metadata?.traceparent === 'string' ? { trace: metadata.traceparent } : {};
}
