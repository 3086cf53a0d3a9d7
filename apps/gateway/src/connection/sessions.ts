import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ActorSystem, type Clock } from '#actor';
import type { ReadReply } from '#contract';
import type { AskSink } from '#mesh';
import { CLOSE, type Codec, type ErrorCode } from '#protocol';
import { CLOCK, CONFIG } from '#service';
import type { GatewayConfig } from '../config.js';
import { Grants, type Bearer } from '../auth/grants.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import type { Session } from '../dispatch/session.js';
import type { Limit } from '../limits/limits.js';
import { PaceLimits } from '../limits/pace.js';
import { UserPace } from '../limits/user-pace.js';
import { Inboxes } from '../upstream/inboxes.js';
import { Watches } from '../watching/watches.js';
import { Attendance } from './attendance.js';
import { AutoAck } from './auto-ack.js';
import { CODECS, codecFor, subprotocol } from './codecs.js';
import type { InboundLimits } from './connection.js';
import { Counters } from './counters.js';
import { Deadlines } from './deadlines.js';
import type { EdgeSocket } from './edge-socket.js';
import { Heartbeat } from './heartbeat.js';
import { OutageLog } from './outage-log.js';
import { OutboundShared } from './outbound.js';
import type { Position } from './position.js';
import { Registry } from './registry.js';
import type { SessionHost } from './session-host.js';
import { SessionActor } from './session.js';
import { Subscribers } from './subscribers.js';

/** All sessions of this gateway: makes one for each socket, and does for them what goes beyond one connection. */
@Injectable()
export class Sessions implements SessionHost<SessionActor> {
  readonly inbound: InboundLimits;
  readonly maxSubscriptions: number;
  readonly codecFor = codecFor;
  readonly defaultCodec = CODECS[0];
  private readonly logger = new Logger('Session');
  /** Connections that have not registered yet. */
  private readonly arrivals: Deadlines<SessionActor>;
  /** Connections that do not take what is written. */
  private readonly stalled: Deadlines<SessionActor>;
  /** Open sockets, those of ended sessions in their closing handshake included. */
  private sockets = 0;
  private readonly outage: OutageLog;
  private whenEmpty: (() => void) | undefined;

  constructor(
    @Inject(CLOCK) readonly clock: Clock,
    @Inject(CONFIG) config: GatewayConfig,
    private readonly actors: ActorSystem,
    private readonly registry: Registry<SessionActor>,
    private readonly dispatcher: Dispatcher,
    private readonly inboxes: Inboxes,
    users: UserPace,
    private readonly attendance: Attendance,
    private readonly heartbeat: Heartbeat,
    private readonly autoAck: AutoAck,
    private readonly counters: Counters,
    readonly conversations: Subscribers,
    readonly outbound: OutboundShared,
    private readonly watches: Watches,
    private readonly grants: Grants,
  ) {
    this.outage = new OutageLog(clock, this.logger);
    const { INBOUND_MAX_FRAMES: window, INBOUND_MAX_BYTES: maxBytes, MAX_BAD_FRAMES: badFrames } = config;
    this.inbound = { pace: new PaceLimits(config), users, window, maxBytes, badFrames };
    this.maxSubscriptions = config.MAX_SUBSCRIPTIONS;
    this.arrivals = new Deadlines(clock, config.AUTH_TIMEOUT_MS, (session) =>
      session.close(CLOSE.authTimeout, 'not registered in time'),
    );
    this.stalled = new Deadlines(clock, config.OUTBOUND_STALL_MS, (session) =>
      session.close(CLOSE.slowConsumer, 'slow consumer'),
    );
  }

  /** A client has connected. */
  open(socket: EdgeSocket): SessionActor {
    const negotiated = socket.protocol === '' ? undefined : subprotocol([socket.protocol]);
    const session = new SessionActor(randomUUID(), socket, this, negotiated);
    const mailbox = this.actors.spawn(session, session.connectionId);
    this.sockets++;
    this.registry.add(session);
    this.arrivals.start(session);
    this.heartbeat.add(session);
    session.open(mailbox);
    return session;
  }

  /** Resolves once every socket is closed. The library cuts off those that do not answer a close frame, so it does not take long. */
  emptied(): Promise<void> {
    if (this.sockets === 0) return Promise.resolve();
    return new Promise((done) => (this.whenEmpty = done));
  }

  /** Ends the timers of the gateway; no connection is left by then. */
  stop(): void {
    this.arrivals.stop();
    this.stalled.stop();
    this.heartbeat.stop();
    this.attendance.stop();
    this.conversations.stop();
    this.watches.stop();
    this.grants.stop();
    this.autoAck.flush();
  }

  // ------------------------------------------------------------- SessionHost

  dispatch(session: Session, codec: Codec, frame: Buffer): void | Promise<void> {
    return this.dispatcher.dispatch(session, codec, frame);
  }

  read(userId: string, after: number, limit: number, sink: AskSink<ReadReply>): void {
    this.inboxes.read({ userId, after, limit }, sink);
  }

  mayJoin(session: Bearer, conversation: string): boolean {
    return this.grants.mayJoin(session, conversation);
  }

  onClaimed(session: SessionActor): void {
    this.registry.claim(session);
  }

  onReleased(session: SessionActor): void {
    this.registry.release(session);
    this.takeBack(session);
  }

  onRegistered(session: SessionActor): void {
    this.arrivals.cancel(session);
    this.attendance.stay(session);
  }

  /** Local first, then presence: from here on nothing finds this session any more. */
  onEnded(session: SessionActor, code: number): void {
    this.counters.count(this.counters.closed, code);
    this.registry.remove(session);
    this.arrivals.cancel(session);
    this.stalled.cancel(session);
    this.heartbeat.remove(session);
    this.attendance.gone(session);
    this.watches.end(session);
    this.grants.end(session);
    this.takeBack(session);
  }

  onClosed(): void {
    if (--this.sockets === 0) this.whenEmpty?.();
  }

  onBlocked(session: SessionActor): void {
    this.stalled.start(session);
  }

  onUnblocked(session: SessionActor): void {
    this.stalled.cancel(session);
    this.watches.catchUp(session);
  }

  onLimit(limit: Limit): void {
    this.counters.count(this.counters.limited, limit);
  }

  onDelivered(): void {
    this.counters.delivered++;
  }

  onRefused(session: SessionActor, code: ErrorCode, error: unknown): void {
    this.counters.count(this.counters.errors, code);
    if (code === 'WS_INTERNAL_ERROR') this.onFault(session, error);
    if (code === 'WS_UNAVAILABLE') this.outage.report(session, error);
  }

  onWritten(position: Position): void {
    this.autoAck.touch(position);
  }

  onLastWritten(position: Position): void {
    this.autoAck.save(position);
  }

  onFault(session: SessionActor, error: unknown): void {
    const { connectionId, userId } = session;
    this.logger.error({ err: error, traceId: traceIdOf(connectionId), connectionId, userId }, 'internal error');
  }

  onBroken(session: SessionActor, error: Error): void {
    this.logger.debug({ reason: error.message, connectionId: session.connectionId }, 'connection broken');
  }

  private takeBack({ identity, connectionId }: SessionActor): void {
    if (identity) this.attendance.leave({ userId: identity.userId, device: identity.device, connectionId });
  }
}

/** A connection is one trace, whose id (W3C Trace Context: 32 hexadecimal digits) its own id gives, which the client was told when it registered. */
const traceIdOf = (connectionId: string): string => connectionId.replaceAll('-', '');
