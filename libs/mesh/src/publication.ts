import { KIND, LAID_OUT, opOf, writeHead, type Head } from './frame/codec.js';
import type { Layouts } from './frame/layout.js';
import { Writer } from './frame/writer.js';
import type { Identity } from './identity.js';

/**
 * How to tell members of a role something without this process: whoever runs in Redis itself publishes a frame to their channels. A channel is `channel`
 * and the member's id. A frame is `preamble`, then the data as the pattern's layout has it (a MessagePack array) within a MessagePack bin. Texts may
 * stand in place of byte strings.
 */
export interface Publication {
  readonly channel: string;
  readonly preamble: Buffer;
}

/** Frames that a carrier has sent, and of these how many the broker has answered for, in the order of sending. */
export interface FrameCounts {
  readonly sent: number;
  readonly answered: number;
}

/** What is sent in one turn of the event loop. */
export class Turn {
  private sent = Infinity;

  /** Its frames are with the carrier. */
  end(frames: FrameCounts | undefined): void {
    if (frames) this.sent = frames.sent;
  }

  /** Nothing of it can be overtaken any more by what is sent from now on, by whichever way. */
  isPast(frames: FrameCounts | undefined): boolean {
    return frames !== undefined && frames.answered >= this.sent;
  }
}

/** The publications of one process, made anew when it gets another incarnation. */
export class Publications {
  /** Role → pattern → publication. */
  private readonly made = new Map<string, Map<string, Publication>>();
  private incarnation = '';

  constructor(
    private readonly from: string,
    private readonly identity: Identity,
    private readonly layouts: Layouts,
  ) {}

  /** Undefined for a pattern without a layout. */
  of(role: string, pattern: string): Publication | undefined {
    const { incarnation } = this.identity;
    if (this.incarnation !== incarnation) this.made.clear();
    this.incarnation = incarnation;
    const known = this.made.get(role)?.get(pattern);
    if (known || !this.layouts[pattern]?.data) return known;
    const publication = { channel: `${role}:`, preamble: this.preamble(pattern) };
    this.made.set(role, new Map(this.made.get(role)).set(pattern, publication));
    return publication;
  }

  private preamble(pattern: string): Buffer {
    const out = new Writer();
    const head: Head = { from: this.from, incarnation: this.incarnation, forIncarnation: '', patterns: [pattern] };
    writeHead(out, head);
    out.number(opOf(KIND.tell, 0, LAID_OUT));
    return Buffer.from(out.written());
  }
}
