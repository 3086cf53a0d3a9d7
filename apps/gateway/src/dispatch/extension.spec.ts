import { Logger, Module } from '@nestjs/common';
import { IsBoolean } from 'class-validator';
import { afterEach, expect, test } from '@jest/globals';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { WireClient } from '#testing';
import { SendingModule } from '../sending/sending.module.js';
import { Sending } from '../sending/sending.js';
import { IsIdentifier } from './rules.js';
import { CommandHandler, type Handler } from './command-handler.js';
import type { Session } from './session.js';

/** What a deployer writes for a message type of their own: DTO, handler, module. */
class TypingDto {
  @IsIdentifier()
  readonly to!: string;

  @IsBoolean()
  readonly active!: boolean;
}

@CommandHandler('typing', TypingDto)
class TypingHandler implements Handler<TypingDto> {
  constructor(private readonly sending: Sending) {}

  handle(session: Session, { to, active }: TypingDto): void {
    this.sending.send(session, { to, kind: 'typing', content: active ? 'on' : 'off', ephemeral: true });
  }
}

@Module({ imports: [SendingModule], providers: [TypingHandler] })
class TypingModule {}

@CommandHandler('ping', TypingDto as never)
class SecondPingHandler implements Handler<unknown> {
  handle(): void {}
}

@Module({ providers: [SecondPingHandler] })
class SecondPingModule {}

/** A handler with a fault. */
class BrokenDto {}

@CommandHandler('broken', BrokenDto, { anonymous: true })
class BrokenHandler implements Handler<BrokenDto> {
  handle(): never {
    throw new Error('what nobody outside may read');
  }
}

@CommandHandler('broken-later', BrokenDto, { anonymous: true })
class BrokenLaterHandler implements Handler<BrokenDto> {
  async handle(): Promise<void> {
    await Promise.reject(new Error('nor this'));
  }
}

@Module({ providers: [BrokenHandler, BrokenLaterHandler] })
class BrokenModule {}

let gateway: GatewayUnderTest | undefined;
afterEach(() => gateway?.stop());

test('a message type is added by a module alone', async () => {
  gateway = await GatewayUnderTest.start({ modules: [TypingModule] });
  const [alice, bob] = [await WireClient.connect(gateway.url), await WireClient.connect(gateway.url)];
  alice.send({ type: 'typing', to: 'bob', active: true, ref: 1 });
  expect(await alice.next()).toMatchObject({ code: 'WS_NOT_AUTHENTICATED', ref: 1 });
  await Promise.all([alice.register('alice'), bob.register('bob')]);
  alice.send({ type: 'typing', to: 'bob', ref: 2 });
  expect(await alice.next()).toMatchObject({
    code: 'WS_INVALID_PAYLOAD',
    error: 'active must be a boolean value',
    ref: 2,
  });
  alice.send({ type: 'typing', to: 'bob', active: true });
  expect(await bob.next()).toMatchObject({ type: 'message', from: 'alice', kind: 'typing', content: 'on' });
  for (const client of [alice, bob]) client.terminate();
});

test('two handlers for one type do not start', async () => {
  const started = GatewayUnderTest.start({ modules: [SecondPingModule] });
  await expect(started).rejects.toThrow('two handlers for the message type ping');
  gateway = undefined;
});

test('a handler that fails is answered with an internal error that says no more, and the connection stays', async () => {
  gateway = await GatewayUnderTest.start({ modules: [BrokenModule] });
  const client = await WireClient.connect(gateway.url);
  for (const type of ['broken', 'broken-later']) {
    client.send({ type, ref: type });
    expect(await client.next()).toEqual({
      type: 'error',
      error: 'Internal error',
      code: 'WS_INTERNAL_ERROR',
      ref: type,
    });
  }
  client.send({ type: 'ping' });
  expect(await client.next()).toEqual({ type: 'pong' });
  client.terminate();
});

test('what went wrong is in the log alone, with the id of its trace', async () => {
  const lines: Record<string, unknown>[] = [];
  gateway = await GatewayUnderTest.start({ modules: [BrokenModule] });
  Logger.overrideLogger({ log: () => {}, warn: () => {}, error: (line: Record<string, unknown>) => lines.push(line) });
  try {
    const client = await WireClient.connect(gateway.url);
    client.send({ type: 'broken' });
    await client.next();
    client.terminate();
  } finally {
    Logger.overrideLogger(true);
  }
  const [{ connectionId, traceId, err } = {}] = lines;
  expect(err).toBeInstanceOf(Error);
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(traceId).toBe(String(connectionId).replaceAll('-', ''));
});
