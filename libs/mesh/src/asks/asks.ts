import type { Clock } from '#actor';
import type { Layout, Layouts } from '../frame/layout.js';
import { MeshError, type AskOptions, type AskSink, type MeshErrorCode } from '../mesh.js';
import type { Peer } from '../membership/peer.js';
import type { Counters } from '../stats.js';
import type { Ask } from './ask.js';
import { Pins } from './pins.js';
import { Timeouts } from './timeouts.js';
import { WaitingAsks } from './waiting-asks.js';

export interface AsksOptions {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly layouts: Layouts;
  /** Asks that may wait at once. */
  readonly maxPending: number;
  /** Where a key is placed now. */
  readonly owner: (role: string, key: string) => Peer | undefined;
  /** Puts an ask on its way to its peer. */
  readonly send: (ask: Ask) => void;
  readonly report: (error: unknown, doing: string) => void;
}

/** A reply as it came. */
export interface Packed {
  /** Throws for what is none, or in another layout. */
  data(layout: Layout<unknown> | undefined): unknown;
}

/** All asks that wait, in the order of their first sending. */
export class Asks {
  private readonly waiting = new WaitingAsks();
  private readonly pins = new Pins();
  private readonly timeouts: Timeouts;
  private correlation = 0;

  constructor(private readonly options: AsksOptions) {
    this.timeouts = new Timeouts(options.clock, (correlation) => this.timedOut(correlation));
  }

  get size(): number {
    return this.waiting.size;
  }

  get full(): boolean {
    return this.waiting.size >= this.options.maxPending;
  }

  /** Who is to answer an ask for `key` now: its owner, unless earlier asks for it still wait elsewhere. */
  route(role: string, key: string): Peer | undefined {
    return this.pins.find(role, key)?.peer ?? this.options.owner(role, key);
  }

  open(
    peer: Peer,
    key: string | undefined,
    pattern: string,
    data: unknown,
    options: AskOptions,
    sink: AskSink<unknown>,
  ): void {
    const correlation = ++this.correlation;
    const { trace, idempotent = false, timeoutMs } = options;
    const { role } = peer;
    const ask: Ask = { correlation, role, key, pattern, data, trace, idempotent, sink, peer, pin: undefined };
    this.waiting.add(ask);
    peer.pending++;
    if (key !== undefined && this.pins.find(role, key)) this.pins.hold(ask, key);
    this.timeouts.add(correlation, timeoutMs);
    this.options.counters.asks++;
    this.options.send(ask);
  }

  answered(correlation: number, packed: Packed): void {
    const ask = this.close(correlation);
    if (!ask) return;
    let reply: unknown;
    try {
      reply = packed.data(this.options.layouts[ask.pattern]?.reply);
    } catch (error) {
      this.options.report(error, `reading a reply to ${ask.pattern}`);
      return this.fail(ask, new MeshError('remote', 'The reply cannot be read', 'unreadable'));
    }
    this.options.counters.replies++;
    try {
      ask.sink.onReply(reply);
    } catch (error) {
      this.options.report(error, 'taking a reply');
    }
  }

  failed(correlation: number, error: MeshError): void {
    const ask = this.close(correlation);
    if (ask) this.fail(ask, error);
  }

  peerOf(correlation: number): Peer | undefined {
    return this.waiting.get(correlation)?.peer;
  }

  /** Whether an ask would survive the loss of its frame: it is sent again when the carrier is back. */
  survives(correlation: number): boolean {
    return this.waiting.get(correlation)?.idempotent ?? false;
  }

  /**
   * These peers will not answer any more. Idempotent asks by key go to their new owners, all others fail.
   * Interleaving guarded against: asks 1 and 2 for a key wait at A → A is lost → the caller asks 3, which goes to B → 1 and 2 follow, overtaken.
   * So all are sent again here, synchronously, in the order of their first sending, and before the first sink is told of a
   * failure: a sink may well ask again.
   */
  abandon(peers: ReadonlySet<Peer>): void {
    if (![...peers].some((peer) => peer.pending > 0)) return;
    const lost: Ask[] = [];
    for (const ask of this.waiting) {
      if (!peers.has(ask.peer)) continue;
      this.pins.release(ask);
      lost.push(ask);
    }
    const failed = lost.filter((ask) => !this.moveOn(ask, peers));
    for (const ask of failed) this.failed(ask.correlation, lossOf(ask));
  }

  /** Placement changed while all these peers stay: keys with asks under way keep their place. */
  keepPlaces(): void {
    for (const ask of this.waiting) {
      if (ask.key === undefined || ask.pin || this.options.owner(ask.role, ask.key) === ask.peer) continue;
      this.pins.hold(ask, ask.key);
    }
  }

  /** The carrier was away, here or with these peers: asks or answers may be lost. Sends the idempotent ones again, in order. */
  resend(to: (peer: Peer) => boolean = () => true): void {
    for (const ask of this.waiting) {
      if (!ask.idempotent || !to(ask.peer)) continue;
      this.options.counters.resent++;
      this.options.send(ask);
    }
  }

  /** Fails all. */
  stop(): void {
    for (const { correlation } of this.waiting) {
      this.failed(correlation, new MeshError('stopped', 'This process has left the mesh'));
    }
    this.timeouts.clear();
  }

  private moveOn(ask: Ask, lost: ReadonlySet<Peer>): boolean {
    if (!ask.idempotent || ask.key === undefined) return false;
    const next = this.route(ask.role, ask.key);
    if (!next || next.suspect || lost.has(next)) return false;
    ask.peer.pending--;
    next.pending++;
    ask.peer = next;
    this.options.counters.resent++;
    this.options.send(ask);
    return true;
  }

  private close(correlation: number): Ask | undefined {
    const ask = this.waiting.take(correlation);
    if (!ask) return undefined;
    ask.peer.pending--;
    if (ask.pin) this.pins.release(ask);
    return ask;
  }

  private timedOut(correlation: number): void {
    const ask = this.close(correlation);
    if (!ask) return;
    this.options.counters.timeouts++;
    this.tell(ask, new MeshError('timeout', `No answer to ${ask.pattern} from ${ask.peer.address} in time`));
  }

  private fail(ask: Ask, error: MeshError): void {
    this.options.counters.failures++;
    this.tell(ask, error);
  }

  private tell(ask: Ask, error: MeshError): void {
    try {
      ask.sink.onError(error);
    } catch (thrown) {
      this.options.report(thrown, 'taking an error');
    }
  }
}

function lossOf(ask: Ask): MeshError {
  const code: MeshErrorCode = ask.idempotent && ask.key !== undefined ? 'no_member' : 'member_left';
  return new MeshError(code, `${ask.peer.address} left before it answered ${ask.pattern}`);
}
