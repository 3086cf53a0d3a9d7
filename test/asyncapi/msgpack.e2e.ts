import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Unpackr, pack } from 'msgpackr';
import { ProtocolError, msgpackCodec } from '#protocol';
import type { CommandType, EventType, ServerEvent } from '#protocol';
import { BUILT_IN } from '../../apps/gateway/src/handlers/index.js';
import { Description, faultsOf, type Described } from './description.js';
import { checkerOf, fieldsOf } from './gateway-rules.js';
import { COMMANDS, FULL, LEAST, VALUES, oneRecipient, type Values } from './samples.js';

const description = new Description();
const commands = description.commands('msgpack');
const events = description.events('msgpack');
const EVENT_TYPES = Object.keys(FULL) as EventType[];

/** Names on the wire of fields in the code. */
const keyOf = (name: string): string =>
  name === 'kind' ? 'type' : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The payload of a command that the samples have. */
const payloadOf = ({ type: _type, ref: _ref, ...fields }: Values): Values =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [keyOf(name), value]));

const frameOf = (type: unknown, seq: unknown, payload: Values): Buffer => pack({ type, seq, payload: pack(payload) });

/** What the number of a command's type means to the codec. */
const nameOf = (number: unknown): CommandType => msgpackCodec.decode(frameOf(number, 1, {})).type as CommandType;

/** Whole numbers that only 64 bits hold are written so: a float is no user id. */
const asInteger = (value: unknown): unknown =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value as number) < 2 ** 63
    ? BigInt(value as number)
    : value;

/** A lone surrogate cannot be written as UTF-8. */
const packable = VALUES.filter((value) => typeof value !== 'string' || !/\p{Cs}/u.test(value));

describe('MessagePack: each command is described as the gateway takes it', () => {
  const numbers = [...commands.keys()];

  test('there are no others', () => {
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    // `register` travels as Auth.
    const names = new Set(Object.keys(BUILT_IN).filter((type) => type !== 'register'));
    expect(new Set(numbers.map(nameOf))).toEqual(names);
    expect(() => nameOf(13)).toThrow('Unknown message type');
  });

  test.each(numbers)('%i: its fields are those of the DTO', (number) => {
    const fields = fieldsOf(nameOf(number)).map(keyOf);
    expect(new Set(commands.get(number)!.fields)).toEqual(new Set(fields));
  });

  test.each(numbers)('%i: what the description allows is what is taken', (number) => {
    const check = checkerOf(nameOf(number));
    const isTaken = (seq: unknown, payload: Values): boolean => {
      try {
        check(msgpackCodec.decode(frameOf(number, asInteger(seq), mapped(payload))).fields);
        return true;
      } catch (error) {
        if (error instanceof ProtocolError) return false;
        throw error;
      }
    };
    const message = commands.get(number)!;
    const differing: unknown[] = [];
    for (const good of COMMANDS[nameOf(number)].map((command) => payloadOf(command as unknown as Values))) {
      expect([good, faultsOf(message, good), isTaken(1, good)]).toEqual([good, '', true]);
      for (const field of message.fields)
        for (const value of packable) {
          const payload = { ...good, [field]: value };
          const allowed = faultsOf(message, present(payload)) === '';
          if (allowed !== isTaken(1, payload)) differing.push({ field, value, allowed });
        }
      for (const seq of packable) {
        const allowed = message.validateHeaders?.({ type: number, seq }) ?? true;
        if (allowed !== isTaken(seq, good)) differing.push({ seq, allowed });
      }
    }
    expect(differing).toEqual([]);
  });
});

describe('MessagePack: each event is described as it is written', () => {
  const unpackr = new Unpackr({ int64AsType: 'number', useRecords: false });
  const written = (event: object): { readonly described: Described; readonly payload: Values } => {
    const { type, payload } = unpackr.unpack(msgpackCodec.encode(event as ServerEvent) as Buffer) as {
      readonly type: number;
      readonly payload: Buffer;
    };
    return { described: events.get(type)!, payload: unpackr.unpack(payload) as Values };
  };
  const FAILED_AUTH: ServerEvent = { ...FULL.error, code: 'WS_AUTH_FAILED', command: 'auth' };
  const FULLEST: readonly ServerEvent[] = [...Object.values<ServerEvent>(FULL), FAILED_AUTH].flatMap(oneRecipient);

  test('there are no others, and each has the fields that are written', () => {
    const fields = new Map([...events.values()].map(({ name }) => [name, new Set<string>()]));
    for (const event of FULLEST) {
      const { described, payload } = written(event);
      for (const field of Object.keys(payload)) fields.get(described.name)!.add(field);
    }
    for (const { name, fields: known } of events.values())
      expect([name, fields.get(name)]).toEqual([name, new Set(known)]);
    expect([...events.keys()].length).toBe(10);
  });

  test.each(FULLEST.map((event) => ({ event })))('$event.type, with every field', ({ event }) => {
    const { described, payload } = written(event);
    expect(faultsOf(described, payload)).toBe('');
  });

  test.each(EVENT_TYPES)('%s, with those that it must have', (type) => {
    const { described, payload } = written(type === 'message' ? { ...LEAST[type], to: 'bob' } : LEAST[type]);
    expect(faultsOf(described, payload)).toBe('');
    for (const field of described.required)
      expect(faultsOf(described, { ...payload, [field]: undefined })).not.toBe('');
  });
});

/** nil counts as absent. */
const present = (payload: Values): Values =>
  Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined && value !== null));

const mapped = (payload: Values): Values =>
  Object.fromEntries(
    Object.entries(payload)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, asInteger(value)]),
  );
