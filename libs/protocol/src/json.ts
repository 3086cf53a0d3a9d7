import type { Codec, RawCommand } from './codec.js';
import type { Ref } from './commands.js';
import { ProtocolError, TEXTS } from './errors.js';
import { REF_RULE, isRef } from './identifier.js';
import { eventToJson } from './json-events.js';

/** JSON text frames (PROTOCOL.md §2 and §3), the server's side. */
export const jsonCodec: Codec = {
  name: 'json',
  subprotocol: 'switchboard.json',
  binary: false,
  decode: (frame) => asCommand(parseObject(utf8(frame))),
  encode: eventToJson,
};

type Fields = Record<string, unknown>;

/** The value as a JSON object; `WS_INVALID_MESSAGE` for anything else. */
export function parseObject(text: string): Fields {
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ProtocolError('WS_INVALID_MESSAGE');
  // JSON.parse makes `__proto__` an own field; whoever copies fields by assignment would then set a prototype.
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__');
  return value as Fields;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('WS_INVALID_MESSAGE', undefined, undefined, { cause });
  }
}

function asCommand(fields: Fields): RawCommand {
  const ref = readRef(fields['ref']);
  const type = fields['type'];
  if (typeof type !== 'string') throw new ProtocolError('WS_INVALID_MESSAGE', TEXTS.unknownType, undefined, { ref });
  return ref === undefined ? { type, fields } : { type, ref, fields };
}

function readRef(ref: unknown): Ref | undefined {
  if (ref === undefined || isRef(ref)) return ref;
  throw new ProtocolError('WS_INVALID_PAYLOAD', `ref ${REF_RULE}`);
}

const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * The frame as text. Broken bytes decode to U+FFFD, which hardly any honest frame holds: only then are they checked one by one,
 * which costs three times as much.
 */
function utf8(frame: Buffer): string {
  const text = frame.toString();
  if (text.includes('\uFFFD')) rejectBroken(frame);
  return text;
}

function rejectBroken(frame: Buffer): void {
  try {
    strict.decode(frame);
  } catch (cause) {
    throw new ProtocolError('WS_INVALID_MESSAGE', undefined, undefined, { cause });
  }
}
