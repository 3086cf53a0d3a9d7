import type { Socket } from 'node:net';

/** What happens to the bytes of one direction. */
export interface Flow {
  /** Each chunk comes so many ms late; default 0. */
  readonly delayMs: number;
  /** Bytes per second of each connection; default Infinity. */
  readonly bytesPerSecond: number;
  /**
   * `hold`: nothing passes, everything is there once it passes again: a cut that TCP survives. `drop`: bytes are taken and thrown away, as by
   * a middlebox that has forgotten the connection; one that has lost any is reset when the proxy is healed.
   */
  readonly gate: 'pass' | 'hold' | 'drop';
}

export const UNHINDERED: Flow = { delayMs: 0, bytesPerSecond: Infinity, gate: 'pass' };

/** Above this many waiting bytes the source is no longer read, as a full TCP window would have it. */
const WINDOW_BYTES = 256 * 1024;

/** A chunk, the orderly end, or the connection's sudden end; in the order they came. */
type Item = { readonly bytes: Buffer; readonly at: number } | 'end' | 'reset';

/** Ends a connection with a RST. One whose end is on its way is only closed: libuv never finishes a shutdown that a reset overtakes. */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One direction of one connection: what `from` sends goes to `to`, as the flow of the moment allows. */
export class Pipe {
  /** Bytes were thrown away: whatever comes after them makes no sense to the other side. */
  broken = false;
  private readonly waiting: Item[] = [];
  private waitingBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  /** When the last byte written has left at the flow's rate. */
  private clear = 0;
  private ended = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private flow: Flow,
  ) {
    from.on('data', (bytes: Buffer) => this.take(bytes));
    from.on('end', () => this.finish('end'));
    from.on('close', () => this.finish('reset'));
    to.on('drain', () => this.pump());
  }

  change(flow: Flow): void {
    this.flow = flow;
    this.clear = 0;
    this.pump();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.waiting.length = 0;
  }

  private take(bytes: Buffer): void {
    if (this.flow.gate === 'drop') {
      this.broken = true;
      return;
    }
    this.waiting.push({ bytes, at: performance.now() });
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > WINDOW_BYTES) this.from.pause();
    this.pump();
  }

  /** The orderly end comes before the socket's close; a close alone is a reset. */
  private finish(how: 'end' | 'reset'): void {
    if (this.ended) return;
    this.ended = true;
    this.waiting.push(how);
    this.pump();
  }

  private pump(): void {
    clearTimeout(this.timer);
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (this.flow.gate !== 'pass' || this.to.writableNeedDrain) return;
      const wait = typeof next === 'string' ? 0 : this.due(next.at) - performance.now();
      if (wait > 0) {
        this.timer = setTimeout(() => this.pump(), wait);
        return;
      }
      this.waiting.shift();
      this.write(next);
    }
  }

  private due(at: number): number {
    return Math.max(at + this.flow.delayMs, this.clear);
  }

  private write(item: Item): void {
    if (item === 'end') return void this.to.end();
    if (item === 'reset') return reset(this.to);
    this.clear = Math.max(performance.now(), this.clear) + (item.bytes.length / this.flow.bytesPerSecond) * 1_000;
    this.waitingBytes -= item.bytes.length;
    if (this.waitingBytes < WINDOW_BYTES / 2) this.from.resume();
    this.to.write(item.bytes);
  }
}
