/** A reply as it came: lines and texts as Buffers, errors as errors, null where there is none. */
export type Pushed = Buffer | Error | null | readonly Pushed[];

export interface PushEvents {
  /** Something was published; a view of the bytes that were read. */
  onMessage(payload: Buffer): void;
  /** Anything else: what was sent on the connection is answered. */
  onReply(reply: Pushed): void;
}

const EMPTY = Buffer.alloc(0);
/** An array (RESP 2) or a push (RESP 3) of three texts, the first of which says what it is; the second is the channel. */
const MESSAGE = Buffer.from('3\r\n$7\r\nmessage\r\n$');
const CR = 0x0d;
const MINUS = 0x2d;
const ZERO = 0x30;
const DOLLAR = 0x24;
const NONE = -1;

/**
 * Reads what Redis sends on a connection that listens, which is messages for the most part: of these it looks at two lengths, where a decoder of all types
 * makes an array of three texts for each. Chunks may end anywhere.
 */
export class PushReader {
  private bytes: Buffer = EMPTY;
  private at = 0;
  /** Chunks of a value that is not whole yet, their bytes, and how many it takes at least to go on. */
  private held: Buffer[] = [];
  private heldBytes = 0;
  private wanted = 0;
  /** Bytes that were missing when one was found not to be whole: at least so many. */
  private missing = 1;

  constructor(private readonly events: PushEvents) {}

  /** Throws where it is not what a Redis sends; the connection is of no use then. */
  read(chunk: Buffer): void {
    if (this.held.length === 0) this.bytes = chunk;
    else if (!this.join(chunk)) return;
    this.at = 0;
    for (let start = 0; start < this.bytes.length; start = this.at) {
      if (this.one()) continue;
      this.hold(this.bytes.subarray(start));
      break;
    }
    this.bytes = EMPTY;
  }

  private join(chunk: Buffer): boolean {
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    if (this.heldBytes < this.wanted) return false;
    this.bytes = Buffer.concat(this.held, this.heldBytes);
    this.held = [];
    return true;
  }

  private hold(rest: Buffer): void {
    this.held = [rest];
    this.heldBytes = rest.length;
    this.wanted = rest.length + this.missing;
  }

  /** Reads one value, and tells of it; false where it is not whole. */
  private one(): boolean {
    if (this.isMessage()) {
      this.at += MESSAGE.length + 1;
      if (this.text(this.length()) === undefined) return false;
      if (!this.passes(DOLLAR)) return false;
      const payload = this.text(this.length());
      if (payload) this.events.onMessage(payload);
      return payload !== undefined;
    }
    const reply = this.value();
    if (reply !== undefined) this.events.onReply(reply);
    return reply !== undefined;
  }

  private isMessage(): boolean {
    const { bytes, at } = this;
    if (bytes.length - at <= MESSAGE.length) return false;
    for (let i = 0; i < MESSAGE.length; i++) if (bytes[at + 1 + i] !== MESSAGE[i]) return false;
    return true;
  }

  /** Undefined: not whole. */
  private value(): Pushed | undefined {
    const type = String.fromCharCode(this.bytes[this.at++] as number);
    switch (type) {
      case '+':
      case ':':
        return this.line();
      case '-': {
        const line = this.line();
        return line && new Error(line.toString());
      }
      case '$': {
        const length = this.length();
        return length === NONE ? null : this.text(length);
      }
      case '*':
      case '>':
        return this.values(this.length());
      case '_':
        return this.line() && null;
      default:
        throw new Error(`Redis sent a "${type}" where nothing of that kind was asked for`);
    }
  }

  private values(count: number | undefined): Pushed | undefined {
    if (count === undefined) return undefined;
    const values: Pushed[] = [];
    for (let i = 0; i < count; i++) {
      const value = this.at < this.bytes.length ? this.value() : this.short(1);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }

  private passes(byte: number): boolean {
    if (this.at >= this.bytes.length) return this.short(1) ?? false;
    if (this.bytes[this.at++] !== byte) throw new Error('Redis sent a message that is none');
    return true;
  }

  /** A number and the end of its line. Undefined: not whole. */
  private length(): number | undefined {
    const line = this.line();
    if (!line) return undefined;
    if (line[0] === MINUS) return NONE;
    let value = 0;
    for (const digit of line) {
      if (digit < ZERO || digit > ZERO + 9) throw new Error('Redis sent a length that is none');
      value = value * 10 + digit - ZERO;
    }
    return value;
  }

  private line(): Buffer | undefined {
    const end = this.bytes.indexOf(CR, this.at);
    if (end < 0 || end + 2 > this.bytes.length) return this.short(1);
    const line = this.bytes.subarray(this.at, end);
    this.at = end + 2;
    return line;
  }

  /** So many bytes and the end of their line. Undefined: not whole. */
  private text(length: number | undefined): Buffer | undefined {
    if (length === undefined) return undefined;
    const end = this.at + length;
    if (end + 2 > this.bytes.length) return this.short(end + 2 - this.bytes.length);
    const text = this.bytes.subarray(this.at, end);
    this.at = end + 2;
    return text;
  }

  private short(missing: number): undefined {
    this.missing = missing;
    return undefined;
  }
}
