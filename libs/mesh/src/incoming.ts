import { Frame, KIND, type Announcement, type Failure } from './frame/codec.js';
import { DamagedError, type Layouts, type PatternLayout } from './frame/layout.js';
import type { Outgoing } from './frame/outgoing.js';
import type { Packed } from './asks/asks.js';
import type { Identity } from './identity.js';
import { IncomingRequest, type MeshHandler, type MeshRequest, type Origin } from './request.js';
import type { Counters } from './stats.js';

export interface IncomingOptions {
  readonly identity: Identity;
  readonly counters: Counters;
  readonly outgoing: Outgoing;
  readonly layouts: Layouts;
  /** Whether this process acts for its roles just now. */
  readonly acts: () => boolean;
  readonly onReply: (correlation: number, reply: Packed) => void;
  readonly onFailure: (correlation: number, failure: Failure) => void;
  readonly onRefusal: (correlation: number) => void;
  readonly onAnnouncement: (announcement: Announcement, incarnation: string) => void;
  /** A frame came from there. */
  readonly onHeard: (from: Origin) => void;
  readonly report: (error: unknown, doing: string) => void;
}

/** Where the packets of a pattern go. */
interface Route {
  readonly pattern: string;
  readonly handler: MeshHandler | undefined;
  readonly layout: PatternLayout | undefined;
  /** Those of one frame, for a handler that takes them together. */
  readonly batch: MeshRequest[];
}

/** Takes frames apart and hands their packets on. */
export class Incoming {
  private readonly handlers = new Map<string, MeshHandler>();

  constructor(private readonly options: IncomingOptions) {}

  handle(pattern: string, handler: MeshHandler): void {
    if (this.handlers.has(pattern)) throw new Error(`Pattern "${pattern}" has a handler already`);
    this.handlers.set(pattern, handler);
  }

  receive(bytes: Buffer): void {
    const frame = Frame.of(bytes);
    const { counters } = this.options;
    if (!frame) {
      counters.poison++;
      return;
    }
    counters.framesReceived++;
    counters.bytesReceived += bytes.length;
    const from: Origin = { address: frame.head.from, incarnation: frame.head.incarnation };
    this.dispatch(frame, from);
    this.options.onHeard(from);
  }

  private dispatch(frame: Frame, from: Origin): void {
    const acts = this.options.acts();
    // Answers to what it asked under a former name are as good as any: it is the same process.
    const mine = this.options.identity.is(frame.head.forIncarnation);
    const routes = frame.head.patterns.map((pattern) => this.routeOf(pattern));
    while (frame.next()) {
      this.options.counters.packetsReceived++;
      try {
        if (frame.kind <= KIND.ask) this.request(frame, routes[frame.pattern]!, from, acts);
        else if (frame.kind === KIND.announcement)
          this.options.onAnnouncement(frame.announcement, frame.head.incarnation);
        else if (mine) this.answer(frame);
      } catch (error) {
        this.unreadable(frame, from, error);
      }
    }
    for (const route of routes) if (route.batch.length > 0) this.handBatch(route, from);
  }

  private routeOf(pattern: string): Route {
    return { pattern, handler: this.handlers.get(pattern), layout: this.options.layouts[pattern], batch: [] };
  }

  private answer(frame: Frame): void {
    const { kind, correlation } = frame;
    if (kind === KIND.reply) this.options.onReply(correlation, frame);
    else if (kind === KIND.failure) this.options.onFailure(correlation, frame.failure);
    else this.options.onRefusal(correlation);
  }

  private request(frame: Frame, route: Route, from: Origin, acts: boolean): void {
    const { kind, correlation, trace } = frame;
    if (!acts) return this.refuse(kind, correlation, from);
    const { handler, layout, pattern } = route;
    const data = frame.data(layout?.data);
    const request = new IncomingRequest(data, trace, from, correlation, this.options.outgoing, layout?.reply);
    if (!handler) this.unhandled(request, pattern);
    else if ('one' in handler) this.hand(handler, request, pattern);
    else route.batch.push(request);
  }

  private refuse(kind: number, correlation: number, from: Origin): void {
    this.options.counters.unhandled++;
    if (kind === KIND.ask) this.options.outgoing.replyTo(from.address, from.incarnation).refusal(correlation);
  }

  /** One packet that cannot be read: whoever asked is told, and the others of its frame are handled. */
  private unreadable({ kind, correlation }: Frame, from: Origin, error: unknown): void {
    if (!(error instanceof DamagedError)) throw error;
    this.options.counters.poison++;
    if (kind !== KIND.ask) return;
    const box = this.options.outgoing.replyTo(from.address, from.incarnation);
    box.failure(correlation, ['unreadable', 'The data of the ask cannot be read', null]);
  }

  private unhandled(request: MeshRequest, pattern: string): void {
    this.options.counters.unhandled++;
    request.fail('no_handler', `Nobody here handles ${pattern}`);
  }

  private hand(handler: Extract<MeshHandler, { one: unknown }>, request: MeshRequest, pattern: string): void {
    try {
      handler.one(request);
    } catch (error) {
      this.options.report(error, `handling ${pattern}`);
      request.fail('internal', 'Internal error');
    }
  }

  private handBatch({ handler, batch, pattern }: Route, from: Origin): void {
    if (!handler || 'one' in handler) return;
    try {
      handler.many(batch, from);
    } catch (error) {
      this.options.report(error, `handling ${pattern}`);
      for (const request of batch) request.fail('internal', 'Internal error');
    }
  }
}
