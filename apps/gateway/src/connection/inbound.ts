import type { ActorRef } from '#actor';
import { LIMIT, type Limit } from '../limits/limits.js';

/** A frame, or what stands for one that cannot be read. */
type Frame = Buffer | 'wrong kind';

/** What the ways in of a gateway share. */
export interface InboundHost {
  readonly inbound: { readonly window: number };
  /** The client has run into it. */
  onLimit(limit: Limit): void;
}

/** What can be told to wait: TCP then holds the client back. */
export interface Source {
  pause(): void;
  resume(): void;
}

/**
 * The way of a connection's frames into its session's mailbox. `window` of them may be on their way at once: waiting in the mailbox, or sent on and
 * not yet answered (`INBOUND_MAX_FRAMES`); once paused, the socket is read again when no more than half as many are. When the window or the mailbox is full the socket is paused; what the last
 * read from it still brings (at most 64 KiB, in as many frames as fit) waits here, in order.
 */
export class Inbound {
  private waiting = 0;
  private sends = 0;
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
    if (this.held === undefined) this.host.onLimit(LIMIT.inbound);
    this.held ??= [];
    this.held.push(frame);
  }

  /** The session has taken a frame out of its mailbox. */
  taken(): void {
    this.waiting--;
  }

  sendStarted(): void {
    this.sends++;
  }

  sendEnded(): void {
    this.sends--;
    this.release();
  }

  /** Lets frames that were held back follow, and at last the socket. To be called after whatever may have made room. */
  release(): void {
    const { held } = this;
    if (held === undefined || this.waiting + this.sends > this.host.inbound.window / 2) return;
    let followed = 0;
    while (followed < held.length && this.offer(held[followed]!)) followed++;
    held.splice(0, followed);
    if (held.length > 0) return;
    this.held = undefined;
    if (!this.paused) this.source.resume();
  }

  /** What is held back will not be handled any more. */
  end(): void {
    this.held = undefined;
    this.resting = false;
  }

  private offer(frame: Frame): boolean {
    if (this.waiting + this.sends >= this.host.inbound.window || this.mailbox.tell(frame) !== 'ok') return false;
    this.waiting++;
    return true;
  }
}
