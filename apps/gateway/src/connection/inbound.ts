import type { ActorRef } from '#actor';
import { LIMIT, type Limit } from '../limits/limits.js';

/** A frame, or what stands for one that cannot be read. */
type Frame = Buffer | 'wrong kind';

/** What the ways in of a gateway share. */
export interface InboundHost {
  readonly inbound: { readonly window: number; readonly maxBytes: number };
  /** The client has run into it. */
  onLimit(limit: Limit): void;
}

/** What can be told to wait: TCP then holds the client back. */
export interface Source {
  pause(): void;
  resume(): void;
}

/**
 * The way of a connection's frames into its session's mailbox. `window` of them (`INBOUND_MAX_FRAMES`), with `maxBytes` in all
 * (`INBOUND_MAX_BYTES`), may be on their way at once: waiting in the mailbox, or sent on and not yet answered. One frame may always, however
 * large. When window, bytes or mailbox are full the socket is paused; what the last read from it still brings (at most 64 KiB, in as many frames
 * as fit) waits here, in order. It follows, and the socket is read again, when no more than half of either is taken.
 */
export class Inbound {
  private waiting = 0;
  private sends = 0;
  /** Of frames in the mailbox and of sends; frames held back not included. */
  private taking = 0;
  /** Those of the frame being handled. */
  private current = 0;
  private held: Frame[] | undefined;
  private resting = false;

  constructor(
    private readonly source: Source,
    private readonly mailbox: ActorRef<Frame>,
    private readonly host: InboundHost,
  ) {}

  /** Frames that wait to be handled. */
  get length(): number {
    return this.waiting + (this.held?.length ?? 0);
  }

  get inFlight(): number {
    return this.sends;
  }

  /** Bytes of all frames that wait, and of those sent on and not yet answered. */
  get bytes(): number {
    return this.held ? this.held.reduce((sum, frame) => sum + bytesOf(frame), this.taking) : this.taking;
  }

  get paused(): boolean {
    return this.held !== undefined || this.resting;
  }

  /** The client has sent too much at once: its socket is not read until `goOn`. */
  rest(): void {
    if (!this.paused) this.source.pause();
    this.resting = true;
    this.host.onLimit(LIMIT.connectionBytes);
  }

  goOn(): void {
    if (!this.resting) return;
    this.resting = false;
    if (!this.paused) this.source.resume();
  }

  push(frame: Frame): void {
    if (this.held === undefined && this.offer(frame)) return;
    if (!this.paused) this.source.pause();
    if (this.held === undefined) this.host.onLimit(this.fits(frame) ? LIMIT.inbound : LIMIT.inboundBytes);
    this.held ??= [];
    this.held.push(frame);
  }

  /** The session has taken a frame out of its mailbox, and handles it. */
  taken(frame: Frame): void {
    this.waiting--;
    this.current = bytesOf(frame);
    this.taking -= this.current;
  }

  /** @returns the bytes of the frame being handled: what the send counts for until its `sendEnded`. */
  sendStarted(): number {
    this.sends++;
    this.taking += this.current;
    return this.current;
  }

  sendEnded(bytes: number): void {
    this.sends--;
    this.taking -= bytes;
    this.follow();
  }

  /** The session has handled what it had taken: what was held back may follow. To be called after whatever may have made room. */
  release(): void {
    this.current = 0;
    this.follow();
  }

  /** What is held back will not be handled any more. */
  end(): void {
    this.held = undefined;
    this.resting = false;
  }

  /** Lets frames that were held back follow, and at last the socket. */
  private follow(): void {
    const { held } = this;
    if (held === undefined || !this.halfFree) return;
    let followed = 0;
    while (followed < held.length && this.offer(held[followed]!)) followed++;
    if (followed < held.length) return void held.splice(0, followed);
    this.held = undefined;
    if (!this.paused) this.source.resume();
  }

  private get halfFree(): boolean {
    const { window, maxBytes } = this.host.inbound;
    return this.waiting + this.sends <= window / 2 && this.taking <= maxBytes / 2;
  }

  private fits(frame: Frame): boolean {
    return this.taking === 0 || this.taking + bytesOf(frame) <= this.host.inbound.maxBytes;
  }

  private offer(frame: Frame): boolean {
    if (this.waiting + this.sends >= this.host.inbound.window || !this.fits(frame)) return false;
    if (this.mailbox.tell(frame) !== 'ok') return false;
    this.waiting++;
    this.taking += bytesOf(frame);
    return true;
  }
}

const bytesOf = (frame: Frame): number => (typeof frame === 'string' ? 0 : frame.length);
