import type { ActorRef, Clock } from '#actor';
import { CLOSE, ProtocolError, type CloseCode, type Codec, type Ref, type ServerEvent } from '#protocol';
import type { EdgeSocket, SocketOwner } from './edge-socket.js';
import { encodeFrame } from './frame.js';
import { Inbound } from './inbound.js';
import { Outbound, type OutboundOwner, type OutboundShared } from './outbound.js';
import type { Encodable } from '../dispatch/session.js';
import { LIMIT, type Limit } from '../limits/limits.js';
import { namesOf } from '../limits/names-of.js';
import { Pace, type PaceLimits } from '../limits/pace.js';
import type { UserPace } from '../limits/user-pace.js';
import { Strikes } from './strikes.js';

/** A frame whose encoding is not the connection's. It takes its place in the mailbox, so that its answer comes in order. */
export const WRONG_KIND = 'wrong kind';

/** What bounds the way in; the same for all connections. */
export interface InboundLimits {
  readonly pace: PaceLimits;
  readonly users: Pick<UserPace, 'take'>;
  /** Frames that may be on their way at once. */
  readonly window: number;
  /** And their bytes; one frame may always. */
  readonly maxBytes: number;
  /** Bad frames within 10 s that close the connection. */
  readonly badFrames: number;
}

/** What a connection needs of the gateway it is in. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly outbound: OutboundShared;
  readonly inbound: InboundLimits;
  /** A client has run into it. */
  onLimit(limit: Limit): void;
  /** The codec that a first frame of this kind chooses; undefined: none knows it. */
  codecFor(binary: boolean): Codec | undefined;
  /** What is spoken as long as nothing is chosen. */
  readonly defaultCodec: Codec;
}

/** The session on a connection, as far as the connection has something to tell it. */
export interface ConnectionOwner {
  /** Whose it is, once that is known. */
  readonly userId: string | undefined;
  /** The socket is going down on its own: the peer broke RFC 6455 (`code` is what it was answered), or the transport failed. */
  onBroken(code: number, error: Error): void;
  /** The socket is closed, whoever began it. */
  onClosed(code: number): void;
  onWritten(messageId: number): void;
  onBlocked(): void;
  onUnblocked(): void;
  /** Answers a frame that will not be handled. */
  refuse(error: unknown, ref?: Ref, command?: string): void;
  /** The client must be closed with this code. */
  onAbuse(code: CloseCode, reason: string): void;
}

/** The transport half of a session: one socket, its codec and both of its directions. */
export class Connection implements SocketOwner, OutboundOwner {
  /** When the peer last gave a sign of life. */
  seenAt: number;
  readonly outbound: Outbound;
  private inbound!: Inbound;
  private strikes: Strikes | undefined;
  private pace: Pace | undefined;
  private ended = false;

  constructor(
    private readonly socket: EdgeSocket,
    private readonly host: ConnectionHost,
    private readonly owner: ConnectionOwner,
    /** As negotiated; otherwise the first frame decides. */
    private codec: Codec | undefined,
  ) {
    this.seenAt = host.clock.now();
    this.outbound = new Outbound(socket.raw, this, host.outbound);
  }

  /** Begins to listen: frames go to `mailbox`. */
  open(mailbox: ActorRef<Buffer | typeof WRONG_KIND>): void {
    this.inbound = new Inbound(this.socket, mailbox, this.host);
    this.socket.belongTo(this);
  }

  /** The way in: what is held back, and what lets it go on. */
  get flow(): Inbound {
    return this.inbound;
  }

  /** Bytes that wait for the kernel to take them. */
  get unsentBytes(): number {
    return this.outbound.bytes;
  }

  /** The encoding spoken on this connection. */
  get encoding(): Codec {
    return this.codec ?? this.host.defaultCodec;
  }

  hasRoom(): boolean {
    return this.outbound.hasRoom();
  }

  /** Data waits for the peer to read: `onUnblocked` will be called. */
  get blocked(): boolean {
    return this.outbound.blocked;
  }

  /** Writes what can also be left out; ask `hasRoom` first. `position`: its id, if it is an entry of the inbox's log. */
  push(event: Encodable, position: number): void {
    this.outbound.push(event.frame(this.encoding), position);
  }

  reply(event: ServerEvent): void {
    const { encoding } = this;
    const fits = this.outbound.reply(encodeFrame(encoding.encode(event), encoding.binary));
    if (fits) return;
    this.host.onLimit(LIMIT.outbound);
    this.owner.onAbuse(CLOSE.slowConsumer, 'slow consumer');
  }

  /** A bad frame: 20 in 10 s are abuse (PROTOCOL.md §5). */
  strike(): void {
    this.strikes ??= new Strikes(this.host.inbound.badFrames);
    if (this.strikes.add(this.host.clock.now())) this.expel(LIMIT.badFrames, 'too many bad frames');
  }

  /** A protocol-level ping; its pong is a sign of life. */
  ping(): void {
    this.socket.ping();
  }

  /** Writes what waits, then nothing more. */
  end(): void {
    this.ended = true;
    this.pace?.end();
    this.inbound.end();
    this.outbound.end();
  }

  /** Begins the closing handshake; a peer that does not answer it is cut off by the library's close timer. */
  close(code: CloseCode, reason: string): void {
    // Paused, it could not hear the peer's close frame.
    this.socket.resume();
    this.socket.close(code, reason);
  }

  // ------------------------------------------------------------- SocketOwner

  /** After the end frames still come until the peer has seen it: holding them back would hold back its close frame behind them. */
  onFrame(frame: Buffer, binary: boolean): void {
    if (this.ended) return;
    this.codec ??= this.host.codecFor(binary);
    const known = this.codec?.binary === binary;
    const now = this.host.clock.now();
    const waitMs = this.waitMs(now, frame.length);
    this.seenAt = now;
    if (waitMs > 0) this.decline(now, waitMs, known ? frame : undefined);
    else this.inbound.push(known ? frame : WRONG_KIND);
  }

  onPong(): void {
    this.onControl();
  }

  onPing(): void {
    this.onControl();
  }

  /** It counts as a frame; there is nothing to refuse it with. */
  private onControl(): void {
    const now = this.host.clock.now();
    const waitMs = this.ended ? 0 : this.pacedMs(now, 0);
    this.seenAt = now;
    if (waitMs > 0) this.refused(now);
  }

  /** Interleaving: an answer waits for the end of the turn, and the peer's close, or a broken frame, is read in the same turn. */
  onClosing(): void {
    this.outbound.end();
  }

  onClose(code: number): void {
    this.owner.onClosed(code);
  }

  onError(code: number, error: Error): void {
    this.owner.onBroken(code, error);
  }

  /** How long the client must wait before such a frame is taken, ms; 0: it is taken. */
  private waitMs(now: number, bytes: number): number {
    const sinceMs = now - this.seenAt;
    const waitMs = this.pacedMs(now, bytes);
    const { userId } = this.owner;
    if (waitMs > 0 || userId === undefined) return waitMs;
    const userWaitMs = this.host.inbound.users.take(userId, now, sinceMs);
    if (userWaitMs > 0) this.host.onLimit(LIMIT.userFrames);
    return userWaitMs;
  }

  private pacedMs(now: number, bytes: number): number {
    if (!this.pace && this.host.inbound.pace.isQuiet(now - this.seenAt, bytes)) return 0;
    const waitMs = this.paceOf().take(now, bytes);
    if (waitMs > 0) this.host.onLimit(LIMIT.connectionFrames);
    return waitMs;
  }

  private paceOf(): Pace {
    this.pace ??= new Pace(this.host.inbound.pace, this.host.clock, this.inbound, this.seenAt);
    return this.pace;
  }

  /** Answers a frame at once that came too early, and does not handle it. */
  private decline(now: number, waitMs: number, frame: Buffer | undefined): void {
    const { ref, command } = namesOf(this.encoding, frame);
    this.owner.refuse(new ProtocolError('WS_RATE_LIMITED', undefined, waitMs), ref, command);
    this.refused(now);
  }

  /** Whoever goes on like this is closed. */
  private refused(now: number): void {
    if (this.paceOf().refused(now)) this.expel(LIMIT.insistence, 'above the rate limit for too long');
  }

  private expel(limit: Limit, reason: string): void {
    this.host.onLimit(limit);
    this.owner.onAbuse(CLOSE.abuse, reason);
  }

  // ------------------------------------------------------------- OutboundOwner

  onWritten(messageId: number): void {
    this.owner.onWritten(messageId);
  }

  onBlocked(): void {
    this.owner.onBlocked();
  }

  onUnblocked(): void {
    this.owner.onUnblocked();
  }
}
