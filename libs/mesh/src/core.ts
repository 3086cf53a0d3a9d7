import type { Ask } from './asks/ask.js';
import { Asks } from './asks/asks.js';
import { Probes } from './asks/probes.js';
import { decodeFrame, KIND, kindOf, lengthOf, type Announcement, type Failure } from './frame/codec.js';
import { Outgoing } from './frame/outgoing.js';
import type { Outbox } from './frame/outbox.js';
import { Incoming } from './incoming.js';
import { Later } from './later.js';
import { Membership } from './membership/membership.js';
import { addressOf, type Peer } from './membership/peer.js';
import type { Changes } from './membership/view.js';
import { MeshError, type MembershipListener } from './mesh.js';
import type { Settings } from './options.js';
import type { Origin } from './request.js';
import { Counters } from './stats.js';

/** The parts of a node, and what each does when another reports something. */
export class Core {
  readonly counters = new Counters();
  readonly listeners = new Set<MembershipListener>();
  readonly own: ReadonlySet<string>;
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

  constructor(readonly settings: Settings) {
    this.own = new Set(settings.roles.map((role) => addressOf(role, settings.id)));
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
    if (!this.carrierUp) return this.lost(frame);
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
   * A frame that never left, since the carrier is away. What may be repeated is sent again when it is back (or times out); asks that may not
   * fail now.
   */
  private lost(frame: Buffer): void {
    const ops = decodeFrame(frame)?.ops ?? [];
    for (let at = 0; at < ops.length; at += lengthOf(ops[at] as number)) {
      const kind = kindOf(ops[at] as number);
      if (kind !== KIND.ask && kind !== KIND.tracedAsk) continue;
      const correlation = ops[at + 1] as number;
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
    this.notify((listener) => listener.onFenced?.());
  }

  /** Another process has this one's addresses now: hears nothing and sends nothing any more. */
  private halt(): void {
    this.stop();
    this.settings.carrier.stop().catch((error: unknown) => this.settings.onError(error, 'stopping the carrier'));
  }

  private restored(): void {
    for (const peer of this.ownPeers()) this.membership.view.trust(peer);
    this.asks.keepPlaces();
    this.notify((listener) => listener.onReconnected?.());
  }

  private isSelf(peer: Peer): boolean {
    return peer.incarnation === this.settings.incarnation;
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

  private announced({ event, id, roles }: Announcement, incarnation: string): void {
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
  private unpackable(box: Outbox, error: unknown): void {
    this.settings.onError(error, 'packing a packet');
    const asked = box.askAt(0);
    if (asked !== undefined) {
      this.asks.failed(asked, new MeshError('remote', 'The data of the ask cannot be packed', 'unpackable'));
    } else if (kindOf(box.ops[0] as number) === KIND.reply) {
      const reply = this.outgoing.replyTo(box.address, box.forIncarnation);
      reply.failure(box.ops[1] as number, ['internal', 'Internal error', null]);
    }
  }

  private makeOutgoing(): Outgoing {
    const { id, roles, incarnation, maxFrameBytes, maxFramePackets } = this.settings;
    return new Outgoing({
      from: addressOf(roles[0] as string, id),
      incarnation,
      maxFrameBytes,
      maxFramePackets,
      counters: this.counters,
      transmit: (address, frame) => this.transmit(address, frame),
      onUnpackable: (box, error) => this.unpackable(box, error),
    });
  }

  private makeIncoming(): Incoming {
    return new Incoming({
      incarnation: this.settings.incarnation,
      counters: this.counters,
      outgoing: this.outgoing,
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
      maxPending: this.settings.maxPending,
      owner: (role, key) => this.membership.view.owner(role, key),
      send: (ask) => this.send(ask),
      report: this.settings.onError,
    });
  }

  private makeMembership(): Membership {
    return new Membership({
      ...this.settings,
      onChanges: (changes) => this.changed(changes),
      onFenced: (standing) => this.fenced(standing),
      onRestored: () => this.restored(),
      report: this.settings.onError,
    });
  }
}
