import type { Writable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { BY_STREAM, writeNow, writesDirectly } from '#net';
import { CONFIG } from '#service';
import type { GatewayConfig } from '../config.js';
import { Corker, type Corked } from './corker.js';

export interface OutboundLimits {
  /** Messages that may wait for one socket. */
  readonly maxMessages: number;
  /** Bytes that may wait for one socket. */
  readonly maxBytes: number;
}

/** The connection that an Outbound writes for. */
export interface OutboundOwner {
  /** The kernel took everything up to and including log entry `messageId` (0: none yet). */
  onWritten(messageId: number): void;
  /** Data waits for a slow reader: if `onUnblocked` does not follow in time, the reader has stalled. */
  onBlocked(): void;
  /** What waited is gone. There may be room again. */
  onUnblocked(): void;
}

/** What the outbounds of a gateway share. */
@Injectable()
export class OutboundShared {
  readonly limits: OutboundLimits;
  readonly corker = new Corker();

  constructor(@Inject(CONFIG) { OUTBOUND_MAX_MESSAGES, OUTBOUND_MAX_BYTES }: GatewayConfig) {
    this.limits = { maxMessages: OUTBOUND_MAX_MESSAGES, maxBytes: OUTBOUND_MAX_BYTES };
  }
}

/** What had been written when a mark was put behind it. */
interface Mark {
  readonly unsent: number;
  readonly replyBytes: number;
  readonly messageId: number;
}

const EMPTY = Buffer.alloc(0);

/**
 * What goes out on one socket, in order, and what of it still waits in this process. Log messages are written only while there is room, since
 * they can be read again; replies always are, until they alone exceed the byte bound.
 *
 * Frames of one turn leave in one write, past the stream where nothing waits there. The stream's own 'drain' event does not come below its high-water
 * mark, so an empty write is put behind what waits: when its callback runs, the kernel has taken everything before it.
 */
export class Outbound implements Corked {
  // Fields that are nothing yet are there all the same: one that comes later is kept in a table beside the object.
  /** The turn's frames so far, or its only one: not yet written. */
  private turn: Buffer | Buffer[] | undefined = undefined;
  private turnBytes = 0;
  /** Bytes of what was written past the stream that the kernel has not taken. */
  private rest = 0;
  private ended = false;
  /** Messages and reply bytes written since the socket was last seen empty. */
  private unsent = 0;
  private replyBytes = 0;
  /** Newest log entry written. */
  private messageId = 0;
  private mark: Mark | undefined = undefined;
  private readonly direct: boolean;

  constructor(
    private readonly socket: Writable,
    private readonly owner: OutboundOwner,
    private readonly shared: OutboundShared,
  ) {
    this.direct = writesDirectly(socket);
  }

  /** Bytes that wait in this process. */
  get bytes(): number {
    return this.socket.writableLength + this.rest + this.turnBytes;
  }

  /** Data waits for a slow reader. */
  get blocked(): boolean {
    return this.mark !== undefined;
  }

  /** Nothing waits here. */
  get idle(): boolean {
    return this.turn === undefined && this.mark === undefined && !this.ended;
  }

  /** Whether a log message may be written now. What waits for the turn's end is written first: a burst within one turn is no slow reader. */
  hasRoom(): boolean {
    if (this.fits()) return true;
    this.flush();
    return this.fits();
  }

  /** Writes one log entry (`messageId` 0: one that is not of the inbox's log). Ask `hasRoom` first. */
  push(frame: Buffer, messageId: number): void {
    if (this.ended) return;
    if (messageId > 0) this.messageId = messageId;
    this.write(frame);
  }

  /** Hands frames to the kernel at once; what its owner keeps account of, only where it is idle. @returns false: not all was taken; `flush` looks why. */
  pass(frames: Buffer | Buffer[]): boolean {
    const { socket } = this;
    // With a mark the stream has something under way that it counts no bytes of.
    const rest = this.direct && !this.mark ? writeNow(socket, frames) : BY_STREAM;
    if (rest === 0) return true;
    if (rest === BY_STREAM) writeByStream(socket, frames);
    else this.rest = rest;
    return this.rest === 0 && socket.writableLength === 0 && !socket.destroyed;
  }

  /** @returns false when replies alone exceed the byte bound: this reader never reads. */
  reply(frame: Buffer): boolean {
    if (this.ended) return true;
    this.replyBytes += frame.length;
    this.write(frame);
    if (this.replyBytes <= this.shared.limits.maxBytes) return true;
    this.flush();
    return this.replyBytes <= this.shared.limits.maxBytes;
  }

  /** Hands the turn's frames to the kernel and looks what it took. */
  flush(): void {
    const { turn } = this;
    if (turn) {
      this.turn = undefined;
      this.turnBytes = 0;
      this.pass(turn);
    }
    if (this.mark || this.socket.destroyed) return;
    if (this.rest > 0 || this.socket.writableLength > 0) this.block();
    else this.emptied();
  }

  /** Nothing is written after this, nor is anybody told of room; what was written before may still be told as written. */
  end(): void {
    if (this.ended) return;
    this.flush();
    this.ended = true;
  }

  private fits(): boolean {
    const { maxMessages, maxBytes } = this.shared.limits;
    return !this.ended && this.unsent < maxMessages && this.bytes < maxBytes;
  }

  private write(frame: Buffer): void {
    this.unsent++;
    this.turnBytes += frame.length;
    const { turn } = this;
    if (!turn) {
      this.turn = frame;
      this.shared.corker.add(this);
    } else if (Array.isArray(turn)) turn.push(frame);
    else this.turn = [turn, frame];
  }

  private emptied(): void {
    this.unsent = 0;
    this.replyBytes = 0;
    this.owner.onWritten(this.messageId);
  }

  private block(): void {
    if (this.ended) return;
    const { unsent, replyBytes, messageId } = this;
    const mark: Mark = { unsent, replyBytes, messageId };
    this.mark = mark;
    this.owner.onBlocked();
    // On a socket that has gone down, with an error or not, what was written before it may never have left.
    this.socket.write(EMPTY, (error) => (error || this.socket.destroyed ? undefined : this.passed(mark)));
  }

  private passed(mark: Mark): void {
    this.mark = undefined;
    this.rest = 0;
    this.unsent -= mark.unsent;
    this.replyBytes -= mark.replyBytes;
    this.owner.onWritten(mark.messageId);
    if (this.ended) return;
    this.owner.onUnblocked();
    this.flush();
  }
}

/** One frame as it is, since corking it would cost a tenth of the write; more of them corked. */
function writeByStream(socket: Writable, frames: Buffer | readonly Buffer[]): void {
  if (Buffer.isBuffer(frames)) return void socket.write(frames);
  socket.cork();
  for (const frame of frames) socket.write(frame);
  socket.uncork();
}
