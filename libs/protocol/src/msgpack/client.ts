import type { Command, Ref } from '../commands.js';
import { ProtocolError } from '../errors.js';
import type { ErrorEvent, EventType, MessageEvent, RegisteredEvent, ServerEvent } from '../events.js';
import type { ClientCodec } from '../json-client.js';
import { clientMemory, clientText } from './client-bytes.js';
import { readFields, type Fields } from './fields.js';
import { readFrame, writeFrame } from './frame.js';
import { Reader } from './reader.js';
import { EVENT, EVENT_SHAPES, commandShape, type AuthRsp } from './shapes.js';
import { Writer } from './writer.js';

/**
 * MessagePack frames (PROTOCOL.md §8), the client's side. A `ref` must be an integer other than 0, which marks what nobody asked for. Of what
 * JSON says more, these come back as the protocol's defaults: `gatewayId` (empty) and `heartbeat` of `registered`; an `acked` comes as `ok`.
 */
export const msgpackClientCodec: ClientCodec = { subprotocol: 'switchboard.msgpack', encode, decode };

const writer = new Writer(clientMemory);

/** Throws a TypeError for a `ref` that MessagePack cannot carry. */
function encode(command: Command): Uint8Array<ArrayBuffer> {
  const { type, shape } = commandShape(command.type);
  return writeFrame(writer, type, seqOf(command.ref), shape, withDefaults(command));
}

/** What is left out of `register` means `auto`; left out of Auth it would mean `manual`. */
const withDefaults = (command: Command): Command =>
  command.type === 'register' ? { ...command, ack: command.ack ?? 'auto' } : command;

function seqOf(ref: Ref | undefined): number {
  if (ref === undefined) return 0;
  if (Number.isSafeInteger(ref) && ref !== 0) return ref as number;
  throw new TypeError(`a ref in MessagePack is an integer other than 0, not ${JSON.stringify(ref)}`);
}

function decode(frame: string | Uint8Array): ServerEvent {
  if (typeof frame === 'string') throw new ProtocolError('WS_INVALID_MESSAGE');
  const reader = new Reader(frame, clientText);
  const { type, seq, payloadStart, payloadEnd, badPayload } = readFrame(reader);
  if (typeof type !== 'number' || !Number.isSafeInteger(seq) || badPayload)
    throw new ProtocolError('WS_INVALID_MESSAGE');
  const ref = seq === 0 ? undefined : (seq as number);
  const fields = isKnown(type) ? payloadOf(reader, type, payloadStart, payloadEnd) : {};
  return eventOf(type, ref, fields);
}

const isKnown = (type: number): type is keyof typeof EVENT_SHAPES => type in EVENT_SHAPES;

function payloadOf(reader: Reader, type: keyof typeof EVENT_SHAPES, start: number, end: number): Fields {
  const fields: Fields = {};
  if (end === start) return fields;
  reader.within(start, end);
  readFields(reader, EVENT_SHAPES[type], fields);
  reader.finish();
  return fields;
}

function eventOf(type: number, ref: number | undefined, fields: Fields): ServerEvent {
  if (type === EVENT.authRsp) return authRsp(fields as unknown as AuthRsp, ref);
  if (type === EVENT.syncRsp) return synced(fields, ref);
  const name = type === EVENT.ok ? doneBy(fields) : (NAMES.get(type) ?? `msgpack ${type}`);
  return { type: name, ...(ref === undefined ? {} : { ref }), ...fields } as unknown as ServerEvent;
}

const NAMES: ReadonlyMap<number, EventType> = new Map<number, EventType>([
  [EVENT.chatPush, 'message'],
  [EVENT.presencePush, 'presence'],
  [EVENT.pong, 'pong'],
  [EVENT.error, 'error'],
  [EVENT.accepted, 'accepted'],
  [EVENT.receipt, 'receipt'],
  [EVENT.closing, 'closing'],
]);

/** What an Ok says was done, told by its fields. */
function doneBy(fields: Fields): EventType {
  if ('conversations' in fields) return 'conversations';
  if ('statuses' in fields) return 'watching';
  if ('delivered' in fields) return 'status';
  if ('epoch' in fields) return 'subscribed';
  return 'conversation' in fields ? 'unsubscribed' : 'ok';
}

/** PROTOCOL.md §7. AuthRsp does not say what the gateway was configured to; its own pings keep a connection alive in any case. */
const HEARTBEAT = { intervalMs: 30_000, timeoutMs: 90_000 };

function authRsp({ success, error, code, retryAfterMs, ...admitted }: AuthRsp, ref: number | undefined): ServerEvent {
  const answer = ref === undefined ? {} : { ref };
  if (success) {
    const fixed = { content: 'Successfully registered', gatewayId: '', heartbeat: HEARTBEAT };
    return { type: 'registered', ...answer, ...fixed, ...admitted } as RegisteredEvent;
  }
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { type: 'error', ...answer, error, code, ...retry, command: 'auth' } as ErrorEvent;
}

function synced(fields: Fields, ref: number | undefined): ServerEvent {
  const messages = (fields['messages'] ?? []) as readonly Omit<MessageEvent, 'type'>[];
  const typed = messages.map((message): MessageEvent => ({ type: 'message', ...message }));
  return {
    type: 'synced',
    ...(ref === undefined ? {} : { ref }),
    ...fields,
    messages: typed,
  } as unknown as ServerEvent;
}
