import { describe, expect, test } from '@jest/globals';
import { msgpackClientCodec as client, type Command, type ServerEvent } from '../../index.js';
import { frameByHand, hand, refusalOf } from './testing/by-hand.js';

const decode = (type: number, payload: string, seq = 7) => client.decode(frameByHand(type, seq, payload));

describe("a client's MessagePack", () => {
  test.each<[Command, number, string]>([
    [{ type: 'auth', ref: 7, token: 'jwt' }, 1, '81 a5:token a3:jwt'],
    [{ type: 'register', ref: 7, userId: '7' }, 1, '82 a7:user_id 07 a3:ack a4:auto'],
    [{ type: 'register', ref: 7, userId: 'a', ack: 'manual' }, 1, '82 a7:user_id a1:a a3:ack a6:manual'],
    [
      { type: 'message', ref: 7, to: 'bob', content: 'Hi', kind: 'k', id: 'm', ephemeral: false },
      2,
      '85 a2:to a3:bob a4:type a1:k a7:content a2:Hi a2:id a1:m a9:ephemeral c2',
    ],
    [{ type: 'ack', ref: 7, messageId: 9, status: 'read' }, 3, '82 aa:message_id 09 a6:status a4:read'],
    [{ type: 'sync', ref: 7, lastMessageId: 1, limit: 2 }, 4, '82 af:last_message_id 01 a5:limit 02'],
    [{ type: 'presence', ref: 7, status: 'away' }, 5, '81 a6:status a4:away'],
    [{ type: 'ping', ref: 7 }, 6, '80'],
    [{ type: 'subscribe', ref: 7, conversation: 'c' }, 7, '81 ac:conversation a1:c'],
    [{ type: 'unsubscribe', ref: 7, conversation: 'c' }, 8, '81 ac:conversation a1:c'],
    [{ type: 'watch', ref: 7, userIds: ['7', 'bob'] }, 9, '81 a8:user_ids 92 07 a3:bob'],
    [{ type: 'unwatch', ref: 7, userIds: [] }, 10, '81 a8:user_ids 90'],
    [{ type: 'status', ref: 7, to: '7' }, 11, '81 a2:to 07'],
    [{ type: 'conversations', ref: 7, limit: 5, after: 'c' }, 12, '82 a5:limit 05 a5:after a1:c'],
  ])('sends %j', (command, type, payload) => {
    expect(client.encode(command)).toEqual(Uint8Array.from(frameByHand(type, 7, payload)));
  });

  test('sends seq 0 without a ref, and refuses refs that cannot be a seq', () => {
    expect(client.encode({ type: 'ping' })).toEqual(Uint8Array.from(frameByHand(6, 0, '80')));
    for (const ref of ['a', 0, 1.5, 2 ** 53]) expect(() => client.encode({ type: 'ping', ref })).toThrow(TypeError);
  });

  test.each<[number, string, object]>([
    [
      101,
      '86 a7:success c3 a7:user_id 07 ad:connection_id a1:c af:last_message_id 03 a5:epoch a1:e a7:resumed c3',
      {
        type: 'registered',
        content: 'Successfully registered',
        userId: '7',
        connectionId: 'c',
        lastMessageId: 3,
        epoch: 'e',
        resumed: true,
        gatewayId: '',
        heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
      },
    ],
    [
      101,
      '84 a7:success c2 a5:error a2:no a4:code ae:WS_UNAVAILABLE ae:retry_after_ms 32',
      { type: 'error', error: 'no', code: 'WS_UNAVAILABLE', retryAfterMs: 50, command: 'auth' },
    ],
    [105, '80', { type: 'pong' }],
    [105, '', { type: 'pong' }],
    [106, '82 a4:code ae:WS_UNAVAILABLE a7:message a2:no', { type: 'error', code: 'WS_UNAVAILABLE', error: 'no' }],
    [110, '80', { type: 'ok' }],
    [110, '81 a8:statuses 90', { type: 'watching', statuses: [] }],
    [110, '81 ad:conversations 90', { type: 'conversations', conversations: [] }],
    [110, '81 ac:conversation a1:c', { type: 'unsubscribed', conversation: 'c' }],
    [110, '83 a2:to 07 a9:delivered 02 a4:read 01', { type: 'status', to: '7', delivered: 2, read: 1 }],
    [111, '81 a1:x 01', { type: 'msgpack 111' }],
  ])('reads type %i, payload %s', (type, payload, event) => {
    expect(decode(type, payload)).toEqual({ ref: 7, ...event });
  });

  test('reads pushes, which have no ref', () => {
    expect(decode(109, '82 a6:reason a1:r b2:reconnect_after_ms 05', 0)).toEqual({
      type: 'closing',
      reason: 'r',
      reconnectAfterMs: 5,
    } satisfies ServerEvent);
  });

  test('refuses what is no frame', () => {
    for (const frame of [
      '{"type":"pong"}',
      '',
      hand('80'),
      hand('83 a4:type 69 a3:seq c0 a7:payload c4 00'),
      hand('c1'),
    ])
      expect(refusalOf(() => client.decode(frame)).code).toBe('WS_INVALID_MESSAGE');
    expect(refusalOf(() => decode(103, '81 a8:messages 91')).code).toBe('WS_INVALID_MESSAGE');
  });

  test('needs no Buffer: browsers have none', () => {
    const { Buffer } = globalThis;
    const frame = new Uint8Array(frameByHand(102, 0, '81 a7:content a2 c3a4'));
    Reflect.deleteProperty(globalThis, 'Buffer');
    try {
      const command = { type: 'message', to: 'bob', content: 'ä'.repeat(100), ref: 7 } as const;
      expect(Object.getPrototypeOf(client.encode(command))).toBe(Uint8Array.prototype);
      expect(client.decode(frame)).toEqual({ type: 'message', content: 'ä' });
    } finally {
      globalThis.Buffer = Buffer;
    }
  });
});
