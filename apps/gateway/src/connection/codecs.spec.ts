import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PackClient, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';

const PING = 6;
const PONG = { type: 105, payload: {} };
const INVALID = { type: 106, seq: 0, payload: { code: 'WS_INVALID_MESSAGE', message: 'Invalid message format' } };

describe('which encoding a connection speaks', () => {
  let gateway: GatewayUnderTest;
  const clients: { terminate(): void }[] = [];

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await gateway.stop();
  });

  const json = async (...protocols: string[]): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url, { protocols });
    clients.push(client);
    return client;
  };
  const pack = async (...protocols: string[]): Promise<PackClient> => {
    const client = await PackClient.connect(gateway.url, { protocols });
    clients.push(client);
    return client;
  };

  test.each([
    [['switchboard.msgpack'], 'switchboard.msgpack'],
    [['switchboard.msgpack', 'switchboard.json'], 'switchboard.msgpack'],
    [['mqtt', 'switchboard.msgpack', 'switchboard.json'], 'switchboard.msgpack'],
  ])('of the subprotocols %j it is %s', async (offered, chosen) => {
    const client = await pack(...offered);
    expect(client.socket.protocol).toBe(chosen);
    expect(await client.ask(PING, 1)).toEqual({ ...PONG, seq: 1 });
  });

  test('JSON, if that is offered before MessagePack', async () => {
    const client = await json('switchboard.json', 'switchboard.msgpack');
    expect(client.socket.protocol).toBe('switchboard.json');
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
  });

  test('the first frame decides where none is offered', async () => {
    const [binary, text] = [await pack(), await json()];
    expect(await binary.ask(PING, 7)).toEqual({ ...PONG, seq: 7 });
    text.send({ type: 'ping' });
    expect(await text.next()).toEqual({ type: 'pong' });
  });

  test('a first frame decides by its kind even if it cannot be read', async () => {
    const client = await pack();
    client.raw(Buffer.from('{"type":"ping"}'));
    expect(await client.next()).toEqual(INVALID);
    expect(await client.ask(PING, 2)).toEqual({ ...PONG, seq: 2 });
  });

  test('what was negotiated holds for the first frame too, and the other kind is answered in its place', async () => {
    const client = await pack('switchboard.msgpack');
    client.socket.send('{"type":"ping"}');
    client.send(PING, 1);
    client.socket.send('{"type":"register","userId":"alice"}');
    client.send(PING, 2);
    await eventually(() => expect(client.frames).toHaveLength(4));
    expect(client.frames).toEqual([INVALID, { ...PONG, seq: 1 }, INVALID, { ...PONG, seq: 2 }]);
    expect(client.closed).toBeUndefined();
  });
});

describe('a MessagePack connection', () => {
  let gateway: GatewayUnderTest;
  let client: PackClient;

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    client = await PackClient.connect(gateway.url);
  });
  afterEach(async () => {
    client.terminate();
    await gateway.stop();
  });

  const refusal = (seq: number, message: string, code = 'WS_INVALID_PAYLOAD') => ({
    type: 106,
    seq,
    payload: { code, message },
  });

  test('is refused in its own words: seq, codes, and fields as it spells them', async () => {
    expect(await client.ask(2, 1, { to: 'bob', content: 'x' })).toEqual(
      refusal(1, 'Not registered', 'WS_NOT_AUTHENTICATED'),
    );
    expect(await client.ask(99, 2)).toEqual(refusal(2, 'Unknown message type', 'WS_INVALID_MESSAGE'));
    await client.ask(1, 3, { user_id: 'alice' });
    expect(await client.ask(3, 4, { message_id: -1, status: 'read' })).toEqual(
      refusal(4, 'message_id must be an integer from 0 to 2^53 - 1'),
    );
    expect(await client.ask(2, 5, { content: 'x' })).toEqual(refusal(5, 'Recipient is required'));
    expect(await client.ask(2, 6, { to: 'bob', content: 'x', type: '' })).toEqual(
      refusal(6, 'type must be 1 to 128 characters without control characters'),
    );
    expect(await client.ask(9, 7, { user_ids: 'bob' })).toEqual(refusal(7, 'user_ids must be an array'));
  });

  test('an Auth that fails is answered with AuthRsp', async () => {
    const failed = (error: string) => ({ success: false, error, code: 'WS_INVALID_PAYLOAD' });
    expect(await client.ask(1, 1)).toEqual({
      type: 101,
      seq: 1,
      payload: failed('UserID is required for registration'),
    });
    expect(await client.ask(1, 2, { user_id: 'alice', last_message_id: 'x' })).toEqual({
      type: 101,
      seq: 2,
      payload: failed('last_message_id must be an integer from 0 to 2^53 - 1'),
    });
    expect(await client.ask(1, 3, { user_id: 'alice' })).toMatchObject({
      type: 101,
      seq: 3,
      payload: { success: true },
    });
  });

  test('20 bad frames in 10 s close it, each of them answered', async () => {
    for (let i = 0; i < 20; i++) client.raw(Buffer.from([0xc1]));
    await eventually(() => expect(client.closed).toBe(4504));
    expect(client.frames).toEqual(Array.from({ length: 20 }, () => INVALID));
  });
});
