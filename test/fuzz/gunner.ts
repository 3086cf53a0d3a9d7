import { Unpackr, pack } from 'msgpackr';
import { ProtocolError, jsonCodec, msgpackCodec, type CommandType } from '#protocol';
import { eventually } from '#testing';
import { checkerOf } from '../asyncapi/gateway-rules.js';
import { BUILT_IN } from '../../apps/gateway/src/handlers/index.js';
import { OPCODE, closeOf, encode, type ServerFrame } from '../conformance/raw-frames.js';
import { RawPeer, freshKey } from '../conformance/raw-peer.js';
import type { Armoury, Encoding, Shot } from './wire.js';

const SHOTS_PER_CONNECTION = 25;

/** Codes that are answered at once, in the order of the frames. */
export const AT_ONCE = ['WS_INVALID_MESSAGE', 'WS_INVALID_PAYLOAD'];

/** What all connections have come to. */
export class Tally {
  shots = 0;
  connections = 0;
  /** Messages that no gateway may take: each must be answered with an error. */
  bad = 0;
  /** Errors that came, by code. */
  readonly errors = new Map<string, number>();
  /** Closes by the server, by code; 1006 where it did not say, or where we ended. */
  readonly closed = new Map<number, number>();
  /** Last shots that may have been whole frames by chance: whether they were answered was not waited for. */
  unheard = 0;
  readonly faults: string[] = [];

  /** Whether the gateways' count of an error is ours: one by one, but for what was not waited for. */
  matches(code: string, counted: number): boolean {
    const missed = counted - (this.errors.get(code) ?? 0);
    return missed >= 0 && missed <= this.unheard;
  }
}

const CHECKERS = new Map(Object.keys(BUILT_IN).map((type) => [type, checkerOf(type as CommandType)]));
const CODECS = { json: jsonCodec, msgpack: msgpackCodec } as const;

/** No gateway may take it, whoever sends it. */
function isBad({ payload, binary }: Shot, encoding: Encoding): boolean {
  if (binary !== (encoding === 'msgpack')) return true;
  try {
    const { type, fields } = CODECS[encoding].decode(payload);
    const check = CHECKERS.get(type);
    check?.(fields);
    return check === undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return true;
    throw error;
  }
}

const LAST = 987_654_321;
const REGISTERED = 123_456_789;
const unpackr = new Unpackr({ int64AsType: 'number', useRecords: false });

/** Of a connection's encoding: the frames of ours, and what the server says. */
const SPEECH = {
  json: {
    register: (userId: string) => text({ type: 'register', userId, ref: REGISTERED }),
    ping: text({ type: 'ping', ref: LAST }),
    read: ({ payload }: ServerFrame): Said => {
      const { ref, code } = JSON.parse(payload.toString()) as { readonly ref?: unknown; readonly code?: string };
      return { ref, code };
    },
  },
  msgpack: {
    register: (userId: string) => packed(1, REGISTERED, { user_id: userId }),
    ping: packed(6, LAST, {}),
    read: ({ payload }: ServerFrame): Said => {
      const { seq, payload: inner } = unpackr.unpack(payload) as { readonly seq: unknown; readonly payload: Buffer };
      const { code } = inner.length === 0 ? {} : (unpackr.unpack(inner) as { readonly code?: string });
      return { ref: seq, code };
    },
  },
} as const;

interface Said {
  readonly ref: unknown;
  readonly code?: string | undefined;
}

function text(fields: object): Buffer {
  return encode({ opcode: OPCODE.text, payload: JSON.stringify(fields) });
}

function packed(type: number, seq: number, payload: object): Buffer {
  return encode({ opcode: OPCODE.binary, payload: pack({ type, seq, payload: pack(payload) }) });
}

/** What one connection is shot with and survives: a text that is not UTF-8 is fatal, and left out. */
const volleyOf = (armoury: Armoury, encoding: Encoding): readonly Shot[] =>
  Array.from({ length: SHOTS_PER_CONNECTION - 1 }, () => armoury.calm(encoding)).filter(
    ({ effect }) => effect !== 'end',
  );

/** Opens connections one after the other and shoots; everything follows from the seed. */
export class Gunner {
  private round = 0;

  constructor(
    private readonly port: number,
    private readonly name: string,
    private readonly armoury: Armoury,
    private readonly tally: Tally,
  ) {}

  /** One connection's worth. */
  async shoot(): Promise<void> {
    const round = this.round++;
    const encoding: Encoding = round % 2 === 0 ? 'json' : 'msgpack';
    const headers = { 'Sec-WebSocket-Protocol': `switchboard.${encoding}`, 'Sec-WebSocket-Key': freshKey() };
    const peer = await RawPeer.open(this.port, headers);
    this.tally.connections++;
    try {
      if (round % 4 < 2) peer.write(SPEECH[encoding].register(this.name));
      const look = new Progress(peer, encoding);
      await this.volley(peer, encoding, look);
      if (round % 3 === 0 && look.closeCode === undefined) await this.lastShot(peer, encoding, look);
      this.count(look, peer);
    } catch (error) {
      throw new Error(`${this.name}, round ${round}: ${String(error)}`, { cause: error });
    } finally {
      peer.destroy();
    }
  }

  /** All that should be answered, and a ping behind it; whoever is not closed over it has been answered for each bad frame. */
  private async volley(peer: RawPeer, encoding: Encoding, look: Progress): Promise<void> {
    const volley = volleyOf(this.armoury, encoding);
    this.tally.shots += volley.length;
    peer.write(Buffer.concat([...volley.map(({ bytes }) => bytes), SPEECH[encoding].ping]));
    await until('neither answered nor closed', () => look.over() || peer.ended);
    if (look.closeCode !== undefined) return;
    const bad = volley.filter((each) => each.effect === 'message' && isBad(each, encoding)).length;
    this.tally.bad += bad;
    const got = look.codes.length;
    if (got < bad) this.tally.faults.push(`${this.name}: ${bad} bad frames, ${got} errors`);
  }

  /** What breaks the protocol has the connection closed. */
  private async lastShot(peer: RawPeer, encoding: Encoding, look: Progress): Promise<void> {
    const { bytes, effect } = this.armoury.fatal(encoding);
    this.tally.shots++;
    peer.write(bytes);
    if (effect === 'end') await until('not closed', () => peer.ended || (look.over() && look.closeCode !== undefined));
    else this.tally.unheard++;
    look.over();
  }

  private count(look: Progress, peer: RawPeer): void {
    const { errors, closed } = this.tally;
    for (const code of look.codes) errors.set(code, (errors.get(code) ?? 0) + 1);
    const code = closeOf(peer.frames.at(-1)).code ?? 1006;
    closed.set(code, (closed.get(code) ?? 0) + 1);
  }
}

const until = async (otherwise: string, happened: () => boolean): Promise<void> =>
  eventually(
    () => {
      if (!happened()) throw new Error(otherwise);
    },
    { everyMs: 5, timeoutMs: 60_000 },
  );

/** What a connection has been told so far. */
class Progress {
  readonly codes: string[] = [];
  closeCode: number | undefined;
  private looked = 0;
  private last = false;

  constructor(
    private readonly peer: RawPeer,
    private readonly encoding: Encoding,
  ) {}

  /** The ping after all shots was answered, or the server closes: nothing follows. */
  over(): boolean {
    const { frames } = this.peer;
    for (; this.looked < frames.length; this.looked++) this.take(frames[this.looked]!);
    return this.last || this.closeCode !== undefined;
  }

  private take(frame: ServerFrame): void {
    if (frame.opcode === OPCODE.close) this.closeCode = closeOf(frame).code ?? 1005;
    if (frame.opcode !== OPCODE.text && frame.opcode !== OPCODE.binary) return;
    const { ref, code } = SPEECH[this.encoding].read(frame);
    if (code !== undefined) this.codes.push(code);
    if (ref === LAST) this.last = true;
  }
}
