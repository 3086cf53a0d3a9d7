import type { Codec, RawCommand } from '../codec.js';
import type { Ref } from '../commands.js';
import { ProtocolError, TEXTS, type ProtocolErrorOptions } from '../errors.js';
import type { ErrorEvent, EventType, RegisteredEvent, ServerEvent } from '../events.js';
import { isCursor } from '../identifier.js';
import { readFields, type Fields } from './fields.js';
import { readFrame, writeFrame } from './frame.js';
import { Reader } from './reader.js';
import { serverMemory, serverText } from './server-bytes.js';
import { COMMAND_SHAPES, EVENT, EVENT_SHAPES, type AuthRsp, type Shape } from './shapes.js';
import { respell } from './spelling.js';
import { Writer } from './writer.js';

/** MessagePack frames (PROTOCOL.md §8), the server's side. */
export const msgpackCodec: Codec = {
  name: 'msgpack',
  subprotocol: 'switchboard.msgpack',
  binary: true,
  decode,
  encode,
};

// ------------------------------------------------------------- commands

interface Known {
  readonly name: string;
  readonly shape: Shape;
}

const COMMANDS: ReadonlyMap<unknown, Known> = new Map(
  Object.entries(COMMAND_SHAPES).map(([name, { type, shape }]) => [type, { name, shape }]),
);

const SEQ_RULE = 'must be an integer from -(2^53 - 1) to 2^53 - 1';

function decode(frame: Buffer): RawCommand {
  const reader = new Reader(frame, serverText);
  const { type, seq, payloadStart, payloadEnd, badPayload } = readFrame(reader);
  const command = COMMANDS.get(type);
  if (!Number.isSafeInteger(seq)) throw refusal(`seq ${SEQ_RULE}`, { command: command?.name });
  const ref = (seq as number) + 0;
  if (!command) throw new ProtocolError('WS_INVALID_MESSAGE', TEXTS.unknownType, undefined, { ref });
  reader.answering = { ref, command: command.name };
  if (badPayload) throw refusal('payload must be binary', reader.answering);
  const fields: Fields = { type: command.name, ref };
  if (payloadEnd > payloadStart) readPayload(reader, command.shape, fields, payloadStart, payloadEnd);
  DEFAULTS[command.name]?.(fields);
  return { type: command.name, ref, fields };
}

function readPayload(reader: Reader, shape: Shape, fields: Fields, start: number, end: number): void {
  reader.within(start, end);
  readFields(reader, shape, fields);
  reader.finish();
}

const refusal = (text: string, options: ProtocolErrorOptions): ProtocolError =>
  new ProtocolError('WS_INVALID_PAYLOAD', text, undefined, options);

/** What MessagePack means by leaving things out, where it is not what JSON means by it. */
const DEFAULTS: Readonly<Record<string, (fields: Fields) => void>> = {
  auth: (fields) => {
    fields['ack'] ??= 'manual';
  },
  // SyncReq has both always: 0 beside a time is no id to read after.
  sync: (fields) => {
    if (fields['lastMessageId'] === 0 && isCursor(fields['lastSyncTime']) && fields['lastSyncTime'] > 0)
      delete fields['lastMessageId'];
  },
};

// ------------------------------------------------------------- events

/** In what each event travels. */
const NUMBERS: { readonly [T in EventType]: keyof typeof EVENT_SHAPES } = {
  registered: EVENT.authRsp,
  message: EVENT.chatPush,
  synced: EVENT.syncRsp,
  presence: EVENT.presencePush,
  pong: EVENT.pong,
  error: EVENT.error,
  accepted: EVENT.accepted,
  receipt: EVENT.receipt,
  closing: EVENT.closing,
  acked: EVENT.ok,
  ok: EVENT.ok,
  watching: EVENT.ok,
  subscribed: EVENT.ok,
  unsubscribed: EVENT.ok,
  conversations: EVENT.ok,
  status: EVENT.ok,
};

/** Made with the first frame: a browser that has this module has no Buffer. */
let writer: Writer<Buffer> | undefined;

function encode(event: ServerEvent): Buffer {
  if (event.type === 'registered') return frameOf(EVENT.authRsp, event.ref, admitted(event));
  if (event.type === 'error') return encodeError(event);
  return frameOf(NUMBERS[event.type], 'ref' in event ? event.ref : 0, event);
}

function frameOf(type: keyof typeof EVENT_SHAPES, ref: Ref | undefined, payload: object): Buffer {
  writer ??= new Writer(serverMemory);
  const seq = typeof ref === 'number' ? ref : 0;
  return writeFrame(writer, type, seq, EVENT_SHAPES[type], payload);
}

const admitted = ({ userId, connectionId, lastMessageId, epoch, resumed }: RegisteredEvent): AuthRsp => ({
  success: true,
  userId,
  connectionId,
  lastMessageId,
  epoch,
  resumed,
});

/** Of an Auth that failed too: it has an answer of its own. */
function encodeError(event: ErrorEvent): Buffer {
  const { code, retryAfterMs, command } = event;
  const error = code === 'WS_INVALID_PAYLOAD' ? respell(event.error, command) : event.error;
  if (command !== 'auth') return frameOf(EVENT.error, event.ref, { code, error, retryAfterMs });
  const payload: AuthRsp = { success: false, error, code, retryAfterMs };
  return frameOf(EVENT.authRsp, event.ref, payload);
}
