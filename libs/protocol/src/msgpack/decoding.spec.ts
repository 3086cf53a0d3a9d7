import { describe, expect, test } from '@jest/globals';
import { msgpackCodec } from '../../index.js';
import { frameByHand, hand, refusalOf } from './testing/by-hand.js';

const decode = (type: number, payload: string, seq = 1) => msgpackCodec.decode(frameByHand(type, seq, payload));

describe('decoding a MessagePack frame', () => {
  test.each<[number, string, string, object]>([
    [1, '81 a5:token a3:jwt', 'auth', { token: 'jwt', ack: 'manual' }],
    [
      1,
      '86 a7:user_id 07 a6:device a5:phone af:last_message_id cd012c a5:epoch a2:e1 a3:ack a4:auto a5:token a1:t',
      'auth',
      { userId: '7', device: 'phone', lastMessageId: 300, epoch: 'e1', ack: 'auto', token: 't' },
    ],
    [
      2,
      '84 a2:to a3:bob a4:type a5:voice a7:content a2:Hi a2:id a2:m1',
      'message',
      { to: 'bob', kind: 'voice', content: 'Hi', id: 'm1' },
    ],
    [
      2,
      '83 ac:conversation a4:team a7:content a0 a9:ephemeral c3',
      'message',
      { conversation: 'team', content: '', ephemeral: true },
    ],
    [3, '82 aa:message_id 09 a6:status a4:read', 'ack', { messageId: 9, status: 'read' }],
    [
      3,
      '83 ac:conversation a1:c aa:message_id 09 a6:status a9:delivered',
      'ack',
      { conversation: 'c', messageId: 9, status: 'delivered' },
    ],
    [
      4,
      '84 af:last_message_id 05 ae:last_sync_time 00 ac:conversation a1:c a5:limit 0a',
      'sync',
      { lastMessageId: 5, lastSyncTime: 0, conversation: 'c', limit: 10 },
    ],
    [4, '82 af:last_message_id 00 ae:last_sync_time 00', 'sync', { lastMessageId: 0, lastSyncTime: 0 }],
    [5, '81 a6:status a4:away', 'presence', { status: 'away' }],
    [6, '80', 'ping', {}],
    [6, '', 'ping', {}],
    [
      7,
      '83 ac:conversation a1:c af:last_message_id 05 a5:epoch a1:e',
      'subscribe',
      { conversation: 'c', lastMessageId: 5, epoch: 'e' },
    ],
    [8, '81 ac:conversation a1:c', 'unsubscribe', { conversation: 'c' }],
    [9, '81 a8:user_ids 92 a3:bob cf 0020000000000001', 'watch', { userIds: ['bob', '9007199254740993'] }],
    [10, '81 a8:user_ids 90', 'unwatch', { userIds: [] }],
    [11, '81 a2:to d1 fffb', 'status', { to: '-5' }],
    [12, '82 a5:limit 0a a5:after a1:c', 'conversations', { limit: 10, after: 'c' }],
    [12, '', 'conversations', {}],
  ])('type %i, payload %s: %s', (type, payload, command, fields) => {
    const ref = 0x2a;
    expect(decode(type, payload, ref)).toEqual({ type: command, ref, fields: { type: command, ref, ...fields } });
  });

  test.each([
    ['its keys in any order', '83 a7:payload c4 01 80 a3:seq 07 a4:type 06'],
    ['no payload', '82 a4:type 06 a3:seq 07'],
    ['nil for a payload', '83 a4:type 06 a3:seq 07 a7:payload c0'],
    ['keys that nobody knows', '85 a4:more 93 01 c0 81 a1:x c7 01 05 ff a4:type 06 a3:seq 07 07 07 c4 01 00 a0'],
    ['wide integers', 'de 0002 d9 04:type d3 0000000000000006 da 0003:seq cf 0000000000000007'],
    ['floats', '82 a4:type cb 4018000000000000 a3:seq ca 40e00000'],
  ])('with %s', (_, paper) => {
    expect(msgpackCodec.decode(hand(paper))).toEqual({ type: 'ping', ref: 7, fields: { type: 'ping', ref: 7 } });
  });

  test('a SyncReq whose id is 0 beside a time asks by time', () => {
    const { fields } = decode(4, '82 af:last_message_id 00 ae:last_sync_time cf 0000018bcfe56800');
    expect(fields).toEqual({ type: 'sync', ref: 1, lastSyncTime: 1_700_000_000_000 });
  });

  test.each([
    '',
    'c0',
    '01',
    '90',
    '93 06 01 80',
    'a4:type',
    'c1',
    '82 a4:type 06 a3:seq',
    '82 a4:type 06 a3:seq 07 00',
  ])('refuses %s as no message format', (paper) => {
    const error = refusalOf(() => msgpackCodec.decode(hand(paper)));
    expect(error).toMatchObject({ code: 'WS_INVALID_MESSAGE', message: 'Invalid message format', ref: undefined });
  });

  test.each([
    ['nothing but a type', '81 a4:type 06'],
    ['a text', '82 a4:type 06 a3:seq a1:7'],
    ['a fraction', '82 a4:type 06 a3:seq cb 3ff8000000000000'],
    ['an integer beyond 2^53', '82 a4:type 06 a3:seq cf ffffffffffffffff'],
    ['nil', '82 a4:type 06 a3:seq c0'],
  ])('refuses %s as seq', (_, paper) => {
    const error = refusalOf(() => msgpackCodec.decode(hand(paper)));
    expect(error).toMatchObject({ code: 'WS_INVALID_PAYLOAD', ref: undefined });
    expect(error.message).toMatch(/^seq must be an integer/);
  });

  test.each(['', 'a4:type 00', 'a4:type 0d', 'a4:type 65', 'a4:type a1:6', 'a4:type ff', 'a4:type c0', 'a4:type 80'])(
    'refuses %s as type; the answer carries the seq',
    (type) => {
      const error = refusalOf(() => msgpackCodec.decode(hand(`${type === '' ? '81' : '82'} a3:seq 07 ${type}`)));
      expect(error).toMatchObject({ code: 'WS_INVALID_MESSAGE', message: 'Unknown message type', ref: 7 });
    },
  );

  test('refuses a payload that is no binary', () => {
    for (const payload of ['80', 'a1 80', '01', 'd4 01 80', 'c2']) {
      const error = refusalOf(() => msgpackCodec.decode(hand(`83 a4:type 06 a3:seq 07 a7:payload ${payload}`)));
      expect(error).toMatchObject({ code: 'WS_INVALID_PAYLOAD', message: 'payload must be binary', ref: 7 });
    }
  });

  test.each([
    ['no map', '90'],
    ['cut off', '82 a2:to a3:bob'],
    ['followed by more', '81 a2:to a3:bob 00'],
    ['broken text', '81 a2:to a1 ff'],
    ['a key twice', '82 a2:to a3:bob a2:to a3:eve'],
    ['a size beyond all bytes', 'df ffffffff a2:to a3:bob'],
    ['a list beyond all bytes', '81 a8:user_ids dd ffffffff'],
  ])('refuses a payload that is %s; the answer carries seq and command', (_, payload) => {
    const type = payload.includes('user_ids') ? 9 : 11;
    const error = refusalOf(() => decode(type, payload, 7));
    expect(error).toMatchObject({ code: 'WS_INVALID_MESSAGE', message: 'Invalid message format', ref: 7 });
    expect(error.command).toBe(type === 9 ? 'watch' : 'status');
  });

  test('refuses a key of the frame that comes twice', () => {
    for (const twice of ['a4:type 06 a4:type 06', 'a3:seq 07 a3:seq 07', 'a7:payload c0 a7:payload c0'])
      expect(refusalOf(() => msgpackCodec.decode(hand(`84 a4:type 06 a3:seq 07 ${twice}`))).code).toBe(
        'WS_INVALID_MESSAGE',
      );
  });

  test('what no field can hold is left for the rules to refuse, and never made', () => {
    const [date, pattern, set, error, map, list] = [
      'd6 ff 5a4af6a5',
      'c7 01 78 00',
      'd4 73 00',
      'd4 65 00',
      '81 a1:a 01',
      '91 01',
    ];
    for (const paper of [date, pattern, set, error, map, list])
      expect(typeof decode(11, `81 a2:to ${paper}`).fields['to']).toBe('symbol');
    // A record of msgpackr's: to us an extension, and then a list that is one value too many.
    expect(refusalOf(() => decode(11, '81 a2:to d4 72 40 91 a1:a 01')).code).toBe('WS_INVALID_MESSAGE');
    expect(decode(9, '81 a8:user_ids 93 01 91 01 81 a1:a 01').fields['userIds']).toEqual([
      '1',
      expect.anything(),
      expect.anything(),
    ]);
  });

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'type', 'ref', 'userId'])(
    'a key %s is ignored',
    (key) => {
      const { fields } = decode(11, `82 d9 ${key.length.toString(16).padStart(2, '0')}:${key} 81 a1:x 01 a2:to a3:bob`);
      expect(Reflect.ownKeys(fields)).toEqual(['type', 'ref', 'to']);
      expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
      expect(({} as { x?: unknown }).x).toBeUndefined();
    },
  );
});
