import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { fcOptions } from '#testing';
import {
  ERRORS,
  ProtocolError,
  msgpackClientCodec as client,
  msgpackCodec as server,
  type Command,
  type ErrorCode,
  type ServerEvent,
} from '../../index.js';
import { COMMAND_SHAPES, EVENT_SHAPES } from './shapes.js';
import { frameByHand } from './testing/by-hand.js';

const text = fc.string({ unit: 'grapheme' });
const long = fc.oneof(text, fc.string({ minLength: 20, maxLength: 300 }));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const userId = fc.oneof(text, int64, fc.constantFrom('007', '-0', '9223372036854775808', '0', '9007199254740993'));
const id = fc.oneof(fc.nat(), fc.maxSafeNat());
const ref = fc.maxSafeInteger().filter((n) => n !== 0);
const flag = fc.boolean();
const status = fc.constantFrom('online', 'away', 'offline');
const seen = fc.constantFrom('delivered', 'read');
type Fields = Record<string, fc.Arbitrary<unknown>>;
/** Fields of `may` are there or not. */
const fields = (type: string, must: Fields, may: Fields = {}) =>
  fc.tuple(fc.record(must), fc.record(may, { requiredKeys: [] })).map(([all, some]) => ({ type, ...all, ...some }));

const cursor = { lastMessageId: id, epoch: text };
const register = { token: long, device: text, ...cursor };
const commands = fc.oneof(
  fields('auth', { ref }, { ...register, userId, ack: fc.constantFrom('auto', 'manual') }),
  fields('message', { ref, content: long }, { to: userId, conversation: text, kind: text, id: text, ephemeral: flag }),
  fields('ack', { ref, messageId: id, status: seen }, { conversation: text }),
  fields('sync', { ref }, { lastMessageId: id, conversation: text, limit: id }),
  fields('presence', { ref, status }),
  fields('ping', { ref }),
  fields('subscribe', { ref, conversation: text }, cursor),
  fields('unsubscribe', { ref, conversation: text }),
  fields('watch', { ref, userIds: fc.array(userId, { maxLength: 40 }) }),
  fields('unwatch', { ref, userIds: fc.array(userId) }),
  fields('status', { ref, to: userId }),
  fields('conversations', { ref }, { limit: id, after: text }),
) as fc.Arbitrary<unknown> as fc.Arbitrary<Command>;

const message = fields(
  'message',
  { from: userId, content: long, kind: text, timestamp: id },
  { to: userId, conversation: text, messageId: id, id: text },
);
const watched = fc.record({ userId, status, lastSeen: id }, { requiredKeys: ['userId', 'status'] });
const overview = fc.record({ conversation: text, lastMessageId: id, read: id, unread: id });
const heartbeat = fc.constant({ intervalMs: 30_000, timeoutMs: 90_000 });
const code = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]));
const events = fc.oneof(
  fields('registered', {
    ref,
    content: fc.constant('Successfully registered'),
    userId,
    connectionId: text,
    gatewayId: fc.constant(''),
    lastMessageId: id,
    epoch: text,
    heartbeat,
    resumed: flag,
  }),
  message,
  fields('synced', { ref, messages: fc.array(message, { maxLength: 20 }), hasMore: flag, epoch: text }),
  fields('presence', { userId, status }, { lastSeen: id }),
  fields('pong', {}, { ref }),
  fields('error', { error: text, code }, { ref, retryAfterMs: id }),
  fields('error', { error: text, code, command: fc.constant('auth') }, { ref, retryAfterMs: id }),
  fields('accepted', { ref, timestamp: id }, { messageId: id, id: text, duplicate: fc.constant(true) }),
  fields('receipt', { to: userId, messageId: id, status: seen, timestamp: id }),
  fields('closing', { reason: text, reconnectAfterMs: id }),
  fields('ok', { ref }),
  fields('status', { ref, to: userId, delivered: id, read: id }),
  fields('watching', { ref, statuses: fc.array(watched, { maxLength: 20 }) }),
  fields('subscribed', { ref, conversation: text, lastMessageId: id, epoch: text, resumed: flag }),
  fields('unsubscribed', { conversation: text }, { ref }),
  fields('conversations', { ref, conversations: fc.array(overview) }),
) as fc.Arbitrary<unknown> as fc.Arbitrary<ServerEvent>;

/** A decoder and an encoder of others. */
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'bigint' });
const packr = new Packr({ useRecords: false, variableMapSize: true });
type Foreign = { type: number; seq: number; payload: Buffer };
const KEYS = Object.fromEntries(
  [...Object.values(COMMAND_SHAPES).map(({ shape }) => shape), ...Object.values(EVENT_SHAPES)].flatMap(
    ({ fields: all }) => all.map(({ name, key }) => [key, name]),
  ),
);

describe('MessagePack', () => {
  test('brings every command from client to server as it was', () => {
    fc.assert(
      fc.property(commands, (command) => {
        const decoded = server.decode(Buffer.from(client.encode(command) as Uint8Array));
        const implied = command.type === 'auth' && command.ack === undefined ? { ack: 'manual' } : {};
        expect(decoded).toEqual({ type: command.type, ref: command.ref, fields: { ...command, ...implied } });
      }),
      fcOptions({ numRuns: 2000 }),
    );
  });

  test('brings every event from server to client as it was', () => {
    fc.assert(
      fc.property(events, (event) => expect(client.decode(server.encode(event) as Buffer)).toEqual(event)),
      fcOptions({ numRuns: 2000 }),
    );
  });

  test('is what another decoder reads as well', () => {
    const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
    fc.assert(
      fc.property(message, (event) => {
        const frame = unpackr.unpack(server.encode(event as unknown as ServerEvent) as Buffer) as Foreign;
        const payload = Object.entries(unpackr.unpack(frame.payload) as object);
        const read = payload.map(([key, value]) => [
          KEYS[key],
          ['from', 'to'].includes(key) ? String(value) : plain(value),
        ]);
        expect([frame.type, frame.seq]).toEqual([102, 0]);
        expect({ type: 'message', ...Object.fromEntries(read) }).toEqual(event);
      }),
      fcOptions({ numRuns: 1000 }),
    );
  });

  // Those encoders write integers above 2^32 as floats, and lengths wider than need be.
  test.each([packr, new Packr({ useRecords: false })])('takes what another encoder writes (%#)', (encoder) => {
    fc.assert(
      fc.property(commands, (command) => {
        const shape = COMMAND_SHAPES[command.type as keyof typeof COMMAND_SHAPES];
        const values = command as unknown as Record<string, unknown>;
        const payload = shape.shape.fields.flatMap(({ name, key }) => (name in values ? [[key, values[name]]] : []));
        const bytes = encoder.pack(Object.fromEntries(payload));
        const frame = encoder.pack({ type: shape.type, seq: command.ref, payload: bytes });
        expect(server.decode(frame).fields).toMatchObject(command);
      }),
      fcOptions({ numRuns: 1000 }),
    );
  });

  test('damages of a good frame, and bytes by chance, are refused or read, and throw nothing else', () => {
    const good = commands.map((command) => Buffer.from(client.encode(command) as Uint8Array));
    const damaged = fc
      .tuple(good, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }))
      .map(([frame, damages]) => {
        for (const [at, byte] of damages) frame[at % frame.length] = byte;
        return frame;
      });
    const cut = fc.tuple(good, fc.nat()).map(([frame, at]) => frame.subarray(0, at % frame.length));
    const chance = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    const payload = fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.uint8Array({ maxLength: 64 }))
      .map(([type, bytes]) => frameByHand(type, 1, Buffer.from(bytes).toString('hex')));
    fc.assert(
      fc.property(fc.oneof(damaged, cut, chance, payload), (frame) => {
        refusesOrReads(() => {
          const { type, ref: seq, fields: read } = server.decode(frame);
          expect(Object.keys(COMMAND_SHAPES)).toContain(type);
          expect(Number.isSafeInteger(seq)).toBe(true);
          expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
        });
        refusesOrReads(() => expect(typeof client.decode(frame).type).toBe('string'));
      }),
      fcOptions({ numRuns: 5000 }),
    );
  });
});

function refusesOrReads(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}
