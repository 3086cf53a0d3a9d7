import { Core } from './core.js';
import { Later } from './later.js';
import { addressOf, broadcastOf, EVERYBODY, type Peer } from './membership/peer.js';
import {
  MeshError,
  type AskOptions,
  type AskSink,
  type Destination,
  type Member,
  type MembershipListener,
  type Mesh,
} from './mesh.js';
import { settle, type MeshOptions } from './options.js';
import { Publications, type Publication, type Turn } from './publication.js';
import type { MeshHandler } from './request.js';
import type { MeshStats } from './stats.js';

/** Frames that may come in between subscribing and holding the lease. */
const MAX_EARLY_FRAMES = 1_000;

/** Asks of those who have not heard yet that this process leaves come for as long after it said so, … */
const LATE_MS = 100;
/** … and it looks as often whether it still owes answers. */
const LOOK_MS = 25;

type ToOne = Exclude<Destination, { all: true }>;

/** One process in the mesh. */
export class MeshNode implements Mesh {
  private readonly core: Core;
  private me: Mesh['self'];
  private joining: Promise<void> | undefined;
  private leaving: Promise<void> | undefined;
  private entered = false;
  private retired = false;
  private early: Buffer[] | undefined;
  private readonly publications: Publications;
  private readonly refusals = new Later<readonly [sink: AskSink<never>, error: MeshError]>(([sink, error]) =>
    this.refuse(sink, error),
  );

  constructor(options: MeshOptions) {
    this.core = new Core(settle(options));
    const { id, incarnation, roles } = this.core.identity;
    this.publications = new Publications(
      addressOf(roles[0] as string, id),
      this.core.identity,
      this.core.settings.layouts,
    );
    this.me = { id, incarnation, roles: [...roles] };
  }

  get self(): Mesh['self'] {
    const { incarnation } = this.core.identity;
    if (this.me.incarnation !== incarnation) this.me = { ...this.me, incarnation };
    return this.me;
  }

  get connected(): boolean {
    return this.core.membership.standing === 'member' && this.core.carrierUp && !this.core.stopped;
  }

  /**
   * Listens, takes the leases, and tells everybody. Register handlers before. Calling again is the same join. Rejects with
   * `InstanceTakenError`, or with what the carrier or the store failed with; then it may be called again.
   */
  join(): Promise<void> {
    this.joining ??= this.enter().catch((error: unknown) => {
      this.joining = undefined;
      throw error;
    });
    return this.joining;
  }

  retire(): void {
    if (!this.entered || this.retired || this.core.stopped) return;
    this.retired = true;
    this.core.announce('leaving');
    this.core.membership.retire();
  }

  /**
   * Retires, answers what it was asked (for `leaveMs` at most), says goodbye, gives the leases up, and stops: what still waits for an answer
   * fails with `stopped`. There is no way back.
   */
  leave(): Promise<void> {
    this.leaving ??= this.exit();
    return this.leaving;
  }

  /** Handles what comes for `pattern`; one handler a pattern. */
  handle(pattern: string, handler: MeshHandler): void {
    this.core.incoming.handle(pattern, handler);
  }

  stats(): MeshStats {
    return this.core.counters.snapshot(this.core.asks.size);
  }

  tell(to: Destination, pattern: string, data: unknown, trace?: string): boolean {
    if ('all' in to) return this.tellAll(to.role, pattern, data, trace);
    const peer = this.find(to);
    if (!peer) return false;
    if (!this.reaches(peer)) return this.missed(peer.address);
    this.core.outgoing.to(peer.address).tell(pattern, data, trace);
    return true;
  }

  ask<R>(to: Destination, pattern: string, data: unknown, options: AskOptions): Promise<R> {
    return new Promise((resolve, reject) => {
      this.request<R>(to, pattern, data, options, { onReply: resolve, onError: reject });
    });
  }

  /** The sink is never called from within `request`. */
  request<R>(to: Destination, pattern: string, data: unknown, options: AskOptions, sink: AskSink<R>): void {
    if ('all' in to) throw new TypeError(`An ask goes to one member, not to all of ${to.role}`);
    const { asks } = this.core;
    const peer = this.find(to);
    if (!peer || !this.reaches(peer)) return this.refusals.push([sink, this.nobody(to)]);
    if (asks.full) return this.refusals.push([sink, new MeshError('remote', 'Too many asks wait', 'overloaded')]);
    asks.open(peer, 'key' in to ? to.key : undefined, pattern, data, options, sink);
  }

  /** None for a role that this process plays too: what it tells itself does not go by the carrier, and would be overtaken. */
  publication(role: string, pattern: string): Publication | undefined {
    const { settings, identity } = this.core;
    if (!settings.carrier.frames || !this.connected || identity.roles.includes(role)) return undefined;
    return this.publications.of(role, pattern);
  }

  get turn(): Turn {
    return this.core.outgoing.turn;
  }

  isPast(turn: Turn): boolean {
    return turn.isPast(this.core.settings.carrier.frames);
  }

  owner(role: string, key: string): Member | undefined {
    return this.core.membership.view.owner(role, key);
  }

  members(role: string): readonly Member[] {
    return this.core.membership.view.members(role);
  }

  isSelf(member: Member): boolean {
    return this.core.identity.is(member.incarnation);
  }

  subscribe(listener: MembershipListener): () => void {
    this.core.listeners.add(listener);
    return () => this.core.listeners.delete(listener);
  }

  private find(to: ToOne): Peer | undefined {
    if (this.core.stopped) return undefined;
    return 'key' in to ? this.core.asks.route(to.role, to.key) : this.core.membership.view.at(to.role, to.id);
  }

  private reaches(peer: Peer): boolean {
    return this.core.carrierUp || this.core.own.has(peer.address);
  }

  private nobody(to: ToOne): MeshError {
    if (this.core.stopped) return new MeshError('stopped', 'This process has left the mesh');
    const whom = 'key' in to ? `An owner for this key of ${to.role}` : addressOf(to.role, to.id);
    return new MeshError('no_member', this.core.carrierUp ? `${whom} is not live` : 'The carrier is away');
  }

  private tellAll(role: string, pattern: string, data: unknown, trace: string | undefined): boolean {
    const { stopped, carrierUp, membership, outgoing } = this.core;
    if (stopped || membership.view.members(role).length === 0) return false;
    if (!carrierUp) return this.missed(broadcastOf(role));
    outgoing.to(broadcastOf(role)).tell(pattern, data, trace);
    return true;
  }

  /** Nothing is sent; who listens there hears of it once it can. */
  private missed(address: string): false {
    this.core.missed.add(address);
    return false;
  }

  private refuse(sink: AskSink<never>, error: MeshError): void {
    this.core.counters.failures++;
    try {
      sink.onError(error);
    } catch (thrown) {
      this.core.settings.onError(thrown, 'taking an error');
    }
  }

  private async enter(): Promise<void> {
    if (this.leaving) throw new MeshError('stopped', 'This process has left the mesh');
    const { core } = this;
    const { carrier } = core.settings;
    this.early = [];
    await carrier.start([...core.own, ...this.self.roles.map(broadcastOf), EVERYBODY], {
      onFrame: (frame) => this.arrived(frame),
      onUndeliverable: (address, frame) => core.undeliverable(address, frame),
      onConnected: (connected) => core.carrierTurned(connected),
    });
    if (this.leaving) throw new MeshError('stopped', 'This process has left the mesh');
    try {
      await core.membership.begin();
    } catch (error) {
      await carrier.stop();
      throw error;
    }
    this.entered = true;
    core.announce('joined');
    this.catchUp();
  }

  /**
   * Interleaving: the lease is taken at the store → another process sees it and asks → the store's answer arrives here. So what comes
   * before the answer waits for it.
   */
  private arrived(frame: Buffer): void {
    if (!this.early) this.core.receive(frame);
    else if (this.early.length < MAX_EARLY_FRAMES) this.early.push(frame);
  }

  private catchUp(): void {
    const frames = this.early ?? [];
    this.early = undefined;
    for (const frame of frames) this.core.receive(frame);
  }

  private async exit(): Promise<void> {
    const { core } = this;
    const { carrier, onError } = core.settings;
    // A carrier may wait for its broker for ever; stopped, it stops waiting.
    if (this.joining && !this.entered) await carrier.stop();
    await this.joining?.catch(() => undefined);
    this.retire();
    if (this.entered && !core.stopped) await this.settled();
    if (this.entered && !core.stopped) core.announce('left');
    core.outgoing.flush();
    core.stop();
    await core.membership.end().catch((error: unknown) => onError(error, 'giving up the lease'));
    if (this.entered) await carrier.stop();
  }

  /** Nothing is asked of this process any more, and nothing waits for its answer; or it has been long enough. */
  private async settled(): Promise<void> {
    const { clock, leaveMs } = this.core.settings;
    const until = clock.now() + leaveMs;
    const alone = [...this.core.membership.view.all()].every((peer) => this.core.own.has(peer.address));
    const late = alone ? 0 : Math.min(until, clock.now() + LATE_MS);
    const waits = (): boolean => clock.now() < until && (clock.now() < late || this.core.outgoing.owed > 0);
    // A clock's timers do not keep the process alive, and a local carrier has nothing else that would.
    const alive = setInterval(() => undefined, LATE_MS);
    while (waits()) await new Promise<void>((done) => clock.setTimeout(done, LOOK_MS));
    clearInterval(alive);
  }
}

/** A node that has not joined yet. */
export const createMesh = (options: MeshOptions): MeshNode => new MeshNode(options);
