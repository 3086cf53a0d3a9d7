import 'reflect-metadata';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CLOSE, ERRORS, ProtocolError, jsonCodec, mayReconnect } from '#protocol';
import type { CommandType, EventType, ServerEvent } from '#protocol';
import { BUILT_IN } from '../../apps/gateway/src/handlers/index.js';
import { Description, FILE, faultsOf, type Described } from './description.js';
import { checkerOf, fieldsOf } from './gateway-rules.js';
import { COMMANDS, FULL, LEAST, VALUES, oneRecipient } from './samples.js';

const description = new Description();
const COMMAND_TYPES = Object.keys(BUILT_IN) as CommandType[];
const EVENT_TYPES = Object.keys(FULL) as EventType[];

describe('docs/asyncapi.yaml', () => {
  test('is AsyncAPI that redocly finds no fault with', () => {
    const args = [resolve('node_modules/@redocly/cli/bin/cli.js'), 'lint', FILE, '--extends', 'recommended-strict'];
    const env = { PATH: process.env['PATH'], REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 50_000 });
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });

  test('names each message of a channel in an operation, and each error code', () => {
    for (const channel of ['json', 'msgpack']) {
      const used = [...description.commands(channel).values(), ...description.events(channel).values()];
      expect(new Set(used.map(({ name }) => name))).toEqual(new Set(description.namesOn(channel)));
    }
    const { ErrorCode } = description.document.components.schemas;
    expect(Object.keys(ERRORS)).toEqual(ErrorCode!['enum']);
    expect(Object.keys(description.document.info['x-error-codes'])).toEqual(ErrorCode!['enum']);
  });

  test('has the close codes that there are, and whether to come back after each', () => {
    const described = Object.entries(description.document.info['x-close-codes']);
    expect(described.map(([code, { reconnect }]) => [Number(code), reconnect])).toEqual(
      Object.values(CLOSE).map((code) => [code, mayReconnect(code)]),
    );
  });
});

describe('each command is described as the gateway takes it', () => {
  test('there are no others', () => {
    expect(new Set(description.commands('json').keys())).toEqual(new Set(COMMAND_TYPES));
  });

  const described = (type: CommandType): Described => description.commands('json').get(type)!;

  test.each(COMMAND_TYPES)('%s: its fields are those of the DTO', (type) => {
    expect(new Set(described(type).fields)).toEqual(new Set(['type', 'ref', ...fieldsOf(type)]));
  });

  test.each(COMMAND_TYPES)('%s: what the description allows is what is taken', (type) => {
    const check = checkerOf(type);
    const isTaken = (frame: object): boolean => {
      try {
        check(jsonCodec.decode(Buffer.from(JSON.stringify(frame))).fields);
        return true;
      } catch (error) {
        if (error instanceof ProtocolError) return false;
        throw error;
      }
    };
    const message = described(type);
    const differing: unknown[] = [];
    for (const good of COMMANDS[type]) {
      expect([good, faultsOf(message, good), isTaken(good)]).toEqual([good, '', true]);
      for (const field of message.fields.filter((name) => name !== 'type'))
        for (const value of VALUES) {
          const frame = { ...good, [field]: value };
          // `null` counts as absent, but for `ref`.
          const allowed = faultsOf(message, withoutNulls(frame)) === '';
          if (allowed !== isTaken(frame)) differing.push({ field, value, allowed });
        }
    }
    expect(differing).toEqual([]);
  });
});

describe('each event is described as it is written', () => {
  const written = (event: object): Readonly<Record<string, unknown>> =>
    JSON.parse(jsonCodec.encode(event as ServerEvent).toString()) as Record<string, unknown>;
  const described = (type: EventType): Described => description.events('json').get(type)!;

  test('there are no others', () => {
    expect(new Set(description.events('json').keys())).toEqual(new Set(EVENT_TYPES));
  });

  test.each(EVENT_TYPES)('%s, with every field', (type) => {
    const frame = written(FULL[type]);
    expect(new Set(Object.keys(frame))).toEqual(new Set(described(type).fields));
    for (const one of oneRecipient(frame)) expect(faultsOf(described(type), one)).toBe('');
  });

  test.each(EVENT_TYPES)('%s, with those that it must have', (type) => {
    const frame = written(LEAST[type]);
    expect(new Set(Object.keys(frame))).toEqual(new Set(described(type).required));
    const whole = type === 'message' ? { ...frame, to: 'bob' } : frame;
    expect(faultsOf(described(type), whole)).toBe('');
    for (const field of Object.keys(frame))
      expect([field, faultsOf(described(type), { ...whole, [field]: undefined })]).not.toEqual([field, '']);
  });
});

const withoutNulls = (frame: object): object =>
  Object.fromEntries(
    Object.entries(frame).filter(([name, value]) => value !== undefined && (value !== null || name === 'ref')),
  );
