import type { Clock } from '#actor';
import {
  createMesh,
  LocalCarrier,
  LocalHub,
  LocalLeases,
  type Carrier,
  type CarrierEvents,
  type HoldResult,
  type Lease,
  type LeaseStore,
  type MembershipListener,
  type MeshNode,
  type MeshOptions,
} from '#mesh';

/** A carrier that can lose what it carries, and whose process can die. Keeps count of what it sent, by address. */
export class FaultyCarrier implements Carrier {
  readonly sent: { readonly address: string; readonly frame: Buffer }[] = [];
  private readonly inner: LocalCarrier;
  private events: CarrierEvents | undefined;
  private deaf = false;

  constructor(hub: LocalHub) {
    this.inner = new LocalCarrier(hub);
  }

  start(addresses: readonly string[], events: CarrierEvents): Promise<void> {
    this.events = events;
    return this.inner.start(addresses, {
      onFrame: (frame) => {
        if (!this.deaf) events.onFrame(frame);
      },
      onUndeliverable: (address, frame) => events.onUndeliverable(address, frame),
      onConnected: (connected) => events.onConnected(connected),
    });
  }

  send(address: string, frame: Buffer): void {
    this.sent.push({ address, frame });
    this.inner.send(address, frame);
  }

  stop(): Promise<void> {
    return this.inner.stop();
  }

  /** Frames to here vanish without anybody knowing. */
  loseFrames(): void {
    this.deaf = true;
  }

  /** The link to the broker breaks, as the process itself sees it. */
  turn(connected: boolean): void {
    this.deaf = !connected;
    this.events?.onConnected(connected);
  }

  giveBack(address: string, frame: Buffer): void {
    this.events?.onUndeliverable(address, frame);
  }
}

/** A lease store as one process sees it: it can be away, or slow. */
export class FaultyLeases implements LeaseStore {
  away = false;
  holds = 0;
  private losing = 0;
  private gate: Promise<void> | undefined;
  private open: (() => void) | undefined;

  constructor(private readonly inner: LeaseStore) {}

  async hold(leases: readonly Lease[], ttlMs: number, next?: string): Promise<HoldResult> {
    this.holds++;
    if (this.away) throw new Error('the lease store is away');
    const result = await this.inner.hold(leases, ttlMs, next);
    await this.gate;
    if (this.losing > 0) {
      this.losing--;
      throw new Error('the answer of the lease store was lost');
    }
    return result;
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (this.away) throw new Error('the lease store is away');
    await this.inner.release(leases);
  }

  /** The next calls of `hold` are carried out, and nobody hears of it. */
  loseAnswers(count: number): void {
    this.losing = count;
  }

  /** Answers are made as before but arrive only after `letThrough`. */
  holdBackAnswers(): void {
    this.gate = new Promise((done) => {
      this.open = done;
    });
  }

  letThrough(): void {
    this.gate = undefined;
    this.open?.();
  }
}

export interface LocalPart {
  readonly node: MeshNode;
  readonly carrier: FaultyCarrier;
  readonly leases: FaultyLeases;
  readonly errors: unknown[];
}

/** Several nodes in one process, with verbs for what befalls them. */
export class LocalMesh {
  readonly hub = new LocalHub();
  readonly leases: LocalLeases;
  private readonly parts: LocalPart[] = [];

  constructor(private readonly clock?: Clock) {
    this.leases = new LocalLeases(clock);
  }

  make(id: string, roles: readonly string[], options: Partial<MeshOptions> = {}): LocalPart {
    const carrier = new FaultyCarrier(this.hub);
    const leases = new FaultyLeases(this.leases);
    const errors: unknown[] = [];
    const node = createMesh({
      id,
      roles,
      carrier,
      leases,
      ...(this.clock ? { clock: this.clock } : {}),
      onError: (error) => errors.push(error),
      ...options,
    });
    const part = { node, carrier, leases, errors };
    this.parts.push(part);
    return part;
  }

  async join(id: string, roles: readonly string[], options: Partial<MeshOptions> = {}): Promise<LocalPart> {
    const part = this.make(id, roles, options);
    await part.node.join();
    return part;
  }

  /** As SIGKILL would: it is heard no more, and does not beat. */
  async kill({ carrier, leases }: LocalPart): Promise<void> {
    leases.away = true;
    await carrier.stop();
  }

  async stop(): Promise<void> {
    await Promise.all(this.parts.map(({ node }) => node.leave()));
  }
}

/** Lets everything run that is due now: I/O, immediates, microtasks. */
export async function turns(count = 8): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((done) => setImmediate(done));
}

/** Notes what a node's listeners are told. */
export function listen({ node }: LocalPart): string[] {
  const told: string[] = [];
  const listener: MembershipListener = {
    onJoined: ({ role, id }) => told.push(`${role}:${id} joined`),
    onLeft: ({ role, id }, reason) => told.push(`${role}:${id} ${reason}`),
    onFenced: (reason) => told.push(`fenced: ${reason}`),
    onRenewed: () => told.push('renewed'),
    onReconnected: () => told.push('reconnected'),
    onMissed: ({ role, id }) => told.push(`missed from ${role}:${id}`),
  };
  node.subscribe(listener);
  return told;
}

export const members = ({ node }: LocalPart, role: string): string[] => node.members(role).map(({ id }) => id);
/** A key that `part` sees placed on that router. */
export function keyOf({ node }: LocalPart, id: string): string {
  for (let i = 0; ; i++) if (node.owner('router', `key-${i}`)?.id === id) return `key-${i}`;
}
