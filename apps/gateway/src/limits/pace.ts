import type { Clock, TimerHandle } from '#actor';
import { Rate } from '#service';
import type { GatewayConfig } from '../config.js';
import { Insistence } from './insistence.js';

type PaceConfig = Pick<
  GatewayConfig,
  'RATE_LIMIT_FRAMES' | 'RATE_LIMIT_FRAMES_BURST' | 'RATE_LIMIT_BYTES' | 'RATE_LIMIT_BYTES_BURST'
>;

/** What can be told not to read its socket for a while. */
export interface Flow {
  rest(): void;
  goOn(): void;
}

/** What the frames of one connection may do; the same for all. */
export class PaceLimits {
  readonly frames: Rate | undefined;
  readonly bytes: Rate | undefined;
  /** In this time one frame's worth comes back, ms. */
  readonly quietMs: number;
  /** And so many bytes. */
  private readonly quietBytes: number;

  constructor(config: PaceConfig) {
    this.frames = Rate.of(config.RATE_LIMIT_FRAMES, config.RATE_LIMIT_FRAMES_BURST);
    this.bytes = Rate.of(config.RATE_LIMIT_BYTES, config.RATE_LIMIT_BYTES_BURST);
    this.quietMs = this.frames?.msPerToken ?? (this.bytes ? 20 : 0);
    this.quietBytes = this.bytes ? this.quietMs / this.bytes.msPerToken : Infinity;
  }

  /**
   * Whether a frame leaves both buckets full by the time the next quiet one comes: then there is nothing to keep, and a connection that sends
   * one now and then costs nothing.
   */
  isQuiet(sinceMs: number, bytes: number): boolean {
    return sinceMs >= this.quietMs && bytes <= this.quietBytes;
  }
}

/** How fast one connection sends: made when two of its frames come close to each other, or one is large. */
export class Pace {
  private framesFullAt: number;
  private bytesFullAt: number;
  private insistence: Insistence | undefined;
  private timer: TimerHandle = undefined;

  /** @param since when the frame before came (before the first: the upgrade), ms. */
  constructor(
    private readonly limits: PaceLimits,
    private readonly clock: Clock,
    private readonly flow: Flow,
    since: number,
  ) {
    this.framesFullAt = since + limits.quietMs;
    this.bytesFullAt = this.framesFullAt;
  }

  /** A frame has come. Above the bytes, the socket rests until there is room; above the frames, @returns how long to wait, ms; 0: it is taken. */
  take(now: number, bytes: number): number {
    this.takeBytes(now, bytes);
    const { frames } = this.limits;
    if (!frames) return 0;
    const fullAt = frames.after(this.framesFullAt, now);
    const waitMs = frames.waitMs(fullAt, now);
    if (waitMs === 0) this.framesFullAt = fullAt;
    return waitMs;
  }

  /** A frame was refused; @returns true when the client must go. */
  refused(now: number): boolean {
    this.insistence ??= new Insistence();
    return this.insistence.add(now);
  }

  end(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** What has come has come: the bytes are owed, and paid by not reading. */
  private takeBytes(now: number, count: number): void {
    const { bytes } = this.limits;
    if (!bytes) return;
    this.bytesFullAt = bytes.after(this.bytesFullAt, now, count);
    if (this.timer === undefined && this.restFor(bytes.waitMs(this.bytesFullAt, now))) this.flow.rest();
  }

  private restFor(ms: number): boolean {
    this.timer = ms > 0 ? this.clock.setTimeout(() => this.rested(), ms) : undefined;
    return ms > 0;
  }

  /** What the last read brought besides may have come while it rested. */
  private rested(): void {
    const { bytes } = this.limits;
    if (!this.restFor(bytes ? bytes.waitMs(this.bytesFullAt, this.clock.now()) : 0)) this.flow.goOn();
  }
}
