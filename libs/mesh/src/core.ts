import type { Ask } from './asks/ask.js';
import { Asks } from './asks/asks.js';
import { Probes } from './asks/probes.js';
import { KIND, type Announcement, type Failure } from './frame/codec.js';
import { Outgoing } from './frame/outgoing.js';
import type { Unpackable } from './frame/outbox.js';
import { Identity } from './identity.js';
import { Incoming } from './incoming.js';
import { Later } from './later.js';
import { Membership } from './membership/membership.js';
import { addressOf, EVERYBODY, type Peer } from './membership/peer.js';
import type { Changes } from './membership/view.js';
import { MeshError, type MembershipListener } from './mesh.js';
import { Missed, readReturned } from './missed.js';
import type { Settings } from './options.js';
import type { Origin } from './request.js';
import { Counters } from './stats.js';

/** The parts of a node, and what each does when another reports something. */
export class Core {
  readonly counters = new Counters();
  readonly listeners = new Set<MembershipListener>();
  readonly own: ReadonlySet<string>;
  readonly identity: Identity;
  readonly missed = new Missed();
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly asks: Asks;
  readonly membership: Membership;
  private readonly probes: Probes;
  carrierUp = false;
  stopped = false;
  private wasUp = false;
  private refreshedAt = -Infinity;
  /** What this process sends to itself: no carrier, else the same path. */
  private readonly loop = new Later<Buffer>((frame) => this.receive(frame));

  /** Asks whose data could not be packed. Nobody is told from within the asking. */
  private readonly unasked = new Later<number>((correlation) =>
    this.asks.failed(correlation, new MeshError('remote', 'The data of the ask cannot be packed', 'unpackable')),
  );

  constructor(readonly settings: Settings) {
    const { id, roles, incarnation } = settings;
    this.identity = new Identity(id, roles, incarnation);
    this.own = new Set(roles.map((role) => addressOf(role, id)));
    this.outgoing = this.makeOutgoing();
    this.incoming = this.makeIncoming();
    this.asks = this.makeAsks();
    this.membership = this.makeMembership();
    this.probes = new Probes(settings.clock, () => this.probe());
  }

  receive(frame: Buffer): void {
    const { standing } = this.membership;
    if (!this.stopped && (standing === 'member' || standing === 'lapsed')) this.incoming.receive(frame);
  }

  /** Sends nothing and takes nothing any more. */
  stop(): void {
    this.stopped = true;
    this.asks.stop();
    this.probes.clear();
  }

  /** The carrier gave a frame back. */
  undeliverable(address: string, frame: Buffer): void {
    if (this.stopped) return;
    this.counters.undeliverable++;
    const { asks, told } = readReturned(frame);
    if (told) this.missed.add(address);
    if (!this.carrierUp) return this.lost(asks);
    const peer = this.membership.view.atAddress(address);
    if (peer && !this.own.has(address)) this.suspect(peer);
  }

  carrierTurned(up: boolean): void {
    if (this.carrierUp === up || this.stopped) return;
    this.carrierUp = up;
    if (!up) return;
    const again = this.wasUp;
    this.wasUp = true;
    if (!again) return;
    // Asks and answers of the gap may be lost. Before anything else is asked, or it would overtake them.
    this.asks.resend();
    this.membership.refresh();
    this.tellMissed();
    this.notify((listener) => listener.onReconnected?.());
  }

  /** Runs `fn` for every listener; one that throws does not keep the others from hearing. */
  private notify(fn: (listener: MembershipListener) => void): void {
    for (const listener of this.listeners) {
      try {
        fn(listener);
      } catch (error) {
        this.settings.onError(error, 'telling a membership listener');
      }
    }
  }

  private transmit(address: string, frame: Buffer): void {
    if (this.stopped) return;
    if (this.own.has(address)) this.loop.push(frame);
    else this.settings.carrier.send(address, frame);
  }

  /**
   * Nobody listens at `peer`: it is dead, or was away for a moment. It gets no keys until it is seen to beat again, and none of its
   * asks waits for the end of its lease, whichever frame they were in.
   */
  private suspect(peer: Peer): void {
    this.membership.view.suspect(peer, this.settings.clock.now());
    this.outgoing.discard(peer.address);
    this.asks.abandon(new Set([peer]));
  }

  /**
   * Asks that never left, since the carrier is away. What may be repeated is sent again when it is back (or times out); those that may not
   * fail now.
   */
  private lost(correlations: readonly number[]): void {
    for (const correlation of correlations) {
      if (this.asks.survives(correlation)) continue;
      this.asks.failed(correlation, new MeshError('member_left', 'The ask could not be sent: the carrier is away'));
    }
  }

  private changed({ joined, left, moved }: Changes): void {
    if (moved) this.asks.keepPlaces();
    for (const [peer] of left) this.outgoing.discard(peer.address);
    if (left.length > 0) this.asks.abandon(new Set(left.map(([peer]) => peer)));
    for (const [peer, reason] of left) {
      if (!this.isSelf(peer)) this.notify((listener) => listener.onLeft?.(peer, reason));
    }
    for (const peer of joined) if (!this.isSelf(peer)) this.notify((listener) => listener.onJoined?.(peer));
  }

  private send({ peer, correlation, pattern, data, trace }: Ask): void {
    this.outgoing.to(peer.address).ask(correlation, pattern, data, trace);
    this.probes.watch();
  }

  private probe(): boolean {
    let waiting = false;
    for (const { pending, address } of this.membership.view.all()) {
      if (pending === 0 || this.own.has(address)) continue;
      waiting = true;
      if (this.carrierUp) this.outgoing.probe(address);
    }
    return waiting;
  }

  private fenced(standing: 'lapsed' | 'usurped'): void {
    for (const peer of this.ownPeers()) this.suspect(peer);
    if (standing === 'usurped') this.halt();
    this.notify((listener) => listener.onFenced?.(standing === 'usurped' ? 'taken' : 'lapsed'));
  }

  /** Another process has this one's addresses now: hears nothing and sends nothing any more. */
  private halt(): void {
    this.stop();
    this.settings.carrier.stop().catch((error: unknown) => this.settings.onError(error, 'stopping the carrier'));
  }

  private restored(renewed: boolean): void {
    for (const peer of this.ownPeers()) this.membership.view.trust(peer);
    this.asks.keepPlaces();
    if (renewed) {
      this.announce('joined');
      this.notify((listener) => listener.onRenewed?.());
    }
    this.notify((listener) => listener.onReconnected?.());
  }

  announce(event: Announcement['event'], address = EVERYBODY): void {
    const { id, roles } = this.identity;
    this.outgoing.to(address).announcement({ event, id, roles });
  }

  /** Those who still do not listen come back as undeliverable, and are told at the next beat, until they are gone. */
  private tellMissed(): void {
    if (!this.carrierUp || this.stopped) return;
    for (const address of this.missed.take()) {
      const live = address.endsWith(':*') || this.membership.view.atAddress(address) !== undefined;
      if (live && !this.own.has(address)) this.announce('missed', address);
    }
  }

  /** What that member told us for a while is lost, and its answers. */
  private missedFrom({ id, roles }: Announcement, incarnation: string): void {
    const its = (peer: Peer): boolean => peer.incarnation === incarnation;
    this.asks.resend(its);
    for (const role of roles) this.notify((listener) => listener.onMissed?.({ role, id, incarnation }));
  }

  private isSelf(peer: Peer): boolean {
    return this.identity.is(peer.incarnation);
  }

  private ownPeers(): Peer[] {
    return [...this.own].flatMap((address) => this.membership.view.atAddress(address) ?? []);
  }

  private refused(correlation: number): void {
    const peer = this.asks.peerOf(correlation);
    if (peer) this.suspect(peer);
  }

  private failed(correlation: number, [code, message, retryAfterMs]: Failure): void {
    this.asks.failed(correlation, new MeshError('remote', message, code, retryAfterMs ?? undefined));
  }

  private announced(announcement: Announcement, incarnation: string): void {
    const { event, id, roles } = announcement;
    if (this.identity.is(incarnation)) return;
    if (event === 'missed') return this.missedFrom(announcement, incarnation);
    for (const role of roles) this.membership.announced(event, role, id, incarnation);
  }

  /** A stranger's frame: somebody joined whose announcement was missed. Looks at the store, at most once a beat. */
  private heard(from: Origin): void {
    if (this.membership.view.knows(from.address, from.incarnation)) return;
    const now = this.settings.clock.now();
    if (now - this.refreshedAt < this.settings.beatMs) return;
    this.refreshedAt = now;
    this.membership.refresh();
  }

  /** Data that cannot be packed is a fault of the caller; nobody waits in vain for it. */
  private unpackable(packet: Unpackable, error: unknown): void {
    const { kind, address, forIncarnation, correlation } = packet;
    this.settings.onError(error, 'packing a packet');
    if (kind === KIND.ask) this.unasked.push(correlation);
    else if (kind === KIND.reply) {
      this.outgoing.replyTo(address, forIncarnation).failure(correlation, ['internal', 'Internal error', null]);
    }
  }

  private makeOutgoing(): Outgoing {
    const { id, roles, layouts, maxFrameBytes, maxFramePackets } = this.settings;
    return new Outgoing({
      from: addressOf(roles[0] as string, id),
      identity: this.identity,
      layouts,
      maxFrameBytes,
      maxFramePackets,
      counters: this.counters,
      frames: this.settings.carrier.frames,
      transmit: (address, frame) => this.transmit(address, frame),
      onUnpackable: (packet, error) => this.unpackable(packet, error),
    });
  }

  private makeIncoming(): Incoming {
    return new Incoming({
      identity: this.identity,
      counters: this.counters,
      outgoing: this.outgoing,
      layouts: this.settings.layouts,
      acts: () => this.membership.acts(),
      onReply: (correlation, reply) => this.asks.answered(correlation, reply),
      onFailure: (correlation, failure) => this.failed(correlation, failure),
      onRefusal: (correlation) => this.refused(correlation),
      onAnnouncement: (announcement, incarnation) => this.announced(announcement, incarnation),
      onHeard: (from) => this.heard(from),
      report: this.settings.onError,
    });
  }

  private makeAsks(): Asks {
    return new Asks({
      clock: this.settings.clock,
      counters: this.counters,
      layouts: this.settings.layouts,
      maxPending: this.settings.maxPending,
      owner: (role, key) => this.membership.view.owner(role, key),
      send: (ask) => this.send(ask),
      report: this.settings.onError,
    });
  }

  private makeMembership(): Membership {
    return new Membership({
      ...this.settings,
      identity: this.identity,
      onChanges: (changes) => this.changed(changes),
      onFenced: (standing) => this.fenced(standing),
      onRestored: (renewed) => this.restored(renewed),
      onBeat: () => this.tellMissed(),
      report: this.settings.onError,
    });
  }
}
