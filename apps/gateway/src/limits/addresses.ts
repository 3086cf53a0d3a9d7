import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CONFIG } from '#service';
import type { GatewayConfig } from '../config.js';
import { addressOf, trustIn, type Trust } from './address.js';

/** One address and its sockets here. */
interface Entry {
  readonly address: string;
  readonly of: Addresses;
  sockets: number;
}

const ENTRY = Symbol('address');
/** What a socket counts for, on the socket itself: a map of sockets would cost each of them more. */
type Counted = Duplex & { [ENTRY]?: Entry | undefined };

/** One listener for all sockets. */
function release(this: Counted): void {
  const entry = this[ENTRY];
  this[ENTRY] = undefined;
  if (entry) entry.of.leave(entry);
}

/**
 * How many sockets each address has, from the upgrade on until the socket is closed: whether the handshake succeeds, is refused after it was
 * counted, or ends half-way.
 */
@Injectable()
export class Addresses {
  private readonly entries = new Map<string, Entry>();
  private readonly trust: Trust;
  private readonly max: number;
  private taken = 0;

  constructor(@Inject(CONFIG) config: Pick<GatewayConfig, 'TRUSTED_PROXIES' | 'MAX_CONNECTIONS_PER_ADDRESS'>) {
    this.trust = trustIn(config.TRUSTED_PROXIES);
    this.max = config.MAX_CONNECTIONS_PER_ADDRESS;
  }

  /** Sockets counted. */
  get sockets(): number {
    return this.taken;
  }

  /** Addresses with at least one. */
  get size(): number {
    return this.entries.size;
  }

  /** Counts the socket of an upgrade; false: its address has as many as it may. */
  enter({ socket, request }: { readonly socket: Duplex; readonly request: IncomingMessage }): boolean {
    const address = addressOf(request, this.trust);
    const entry = this.entries.get(address) ?? { address, of: this, sockets: 0 };
    if (entry.sockets >= this.max) return false;
    // Closed already: it will not say so again, and no handshake succeeds on it.
    if (socket.destroyed) return true;
    this.entries.set(address, entry);
    entry.sockets++;
    this.taken++;
    (socket as Counted)[ENTRY] = entry;
    socket.on('close', release);
    return true;
  }

  /** @internal a socket of it has closed. */
  leave(entry: Entry): void {
    this.taken--;
    if (--entry.sockets === 0) this.entries.delete(entry.address);
  }
}
