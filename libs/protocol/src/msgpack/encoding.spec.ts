import { describe, expect, test } from '@jest/globals';
import { ProtocolError, errorEvent, msgpackCodec, type ServerEvent } from '../../index.js';
import { frameByHand, hand } from './testing/by-hand.js';

describe('encoding an event', () => {
  const message = {
    type: 'message',
    from: 'alice',
    to: '42',
    content: 'Hi',
    messageId: 9,
    kind: 'text',
    timestamp: 5,
  } as const;
  const MESSAGE = 'aa:message_id 09 a4:from a5:alice a2:to 2a a4:type a4:text a7:content a2:Hi a9:timestamp 05';
  const heartbeat = { intervalMs: 1, timeoutMs: 3 };

  test.each<[ServerEvent, number, string]>([
    [
      {
        type: 'registered',
        ref: 7,
        content: 'Successfully registered',
        userId: '42',
        connectionId: 'c1',
        gatewayId: 'g',
        lastMessageId: 300,
        epoch: 'e1',
        heartbeat,
        resumed: true,
      },
      101,
      '86 a7:success c3 a7:user_id 2a ad:connection_id a2:c1 af:last_message_id cd012c a5:epoch a2:e1 a7:resumed c3',
    ],
    [
      { type: 'error', ref: 7, error: 'Authentication failed', code: 'WS_AUTH_FAILED', command: 'auth' },
      101,
      '83 a7:success c2 a5:error b5:Authentication~failed a4:code ae:WS_AUTH_FAILED',
    ],
    [message, 102, `86 ${MESSAGE}`],
    [
      { type: 'message', from: '-1', conversation: '7', content: '', kind: 'k', timestamp: 5, id: '8' },
      102,
      '86 a4:from ff ac:conversation a1:7 a4:type a1:k a7:content a0 a9:timestamp 05 a2:id a1:8',
    ],
    [
      { type: 'synced', ref: 7, messages: [message], hasMore: false, epoch: 'e1' },
      103,
      `83 a8:messages 91 86 ${MESSAGE} a8:has_more c2 a5:epoch a2:e1`,
    ],
    [{ type: 'presence', userId: 'bob', status: 'away' }, 104, '82 a7:user_id a3:bob a6:status a4:away'],
    [
      { type: 'presence', userId: '7', status: 'offline', lastSeen: 5 },
      104,
      '83 a7:user_id 07 a6:status a7:offline a9:last_seen 05',
    ],
    [{ type: 'pong', ref: 7 }, 105, '80'],
    [
      { type: 'error', ref: 7, error: 'Slow', code: 'WS_RATE_LIMITED', retryAfterMs: 50, command: 'message' },
      106,
      '83 a4:code af:WS_RATE_LIMITED a7:message a4:Slow ae:retry_after_ms 32',
    ],
    [
      { type: 'accepted', ref: 7, messageId: 9, timestamp: 5, id: 'm', duplicate: true },
      107,
      '84 aa:message_id 09 a9:timestamp 05 a2:id a1:m a9:duplicate c3',
    ],
    [{ type: 'accepted', ref: 7, timestamp: 5 }, 107, '81 a9:timestamp 05'],
    [
      { type: 'receipt', to: '7', messageId: 9, status: 'read', timestamp: 5 },
      108,
      '84 a2:to 07 aa:message_id 09 a6:status a4:read a9:timestamp 05',
    ],
    [{ type: 'closing', reason: 'drain', reconnectAfterMs: 50 }, 109, '82 a6:reason a5:drain b2:reconnect_after_ms 32'],
    [{ type: 'acked', ref: 7 }, 110, '80'],
    [{ type: 'ok', ref: 7 }, 110, '80'],
    [{ type: 'status', ref: 7, to: '7', delivered: 2, read: 1 }, 110, '83 a2:to 07 a9:delivered 02 a4:read 01'],
    [
      { type: 'watching', ref: 7, statuses: [{ userId: '7', status: 'online' }] },
      110,
      '81 a8:statuses 91 82 a7:user_id 07 a6:status a6:online',
    ],
    [
      { type: 'subscribed', ref: 7, conversation: 'c', lastMessageId: 3, epoch: 'e', resumed: false },
      110,
      '84 ac:conversation a1:c af:last_message_id 03 a5:epoch a1:e a7:resumed c2',
    ],
    [{ type: 'unsubscribed', conversation: 'c' }, 110, '81 ac:conversation a1:c'],
    [
      { type: 'conversations', ref: 7, conversations: [{ conversation: 'c', lastMessageId: 3, read: 1, unread: 2 }] },
      110,
      '81 ad:conversations 91 84 ac:conversation a1:c af:last_message_id 03 a4:read 01 a6:unread 02',
    ],
  ])('%j', (event, type, payload) => {
    const seq = 'ref' in event ? 7 : 0;
    expect(msgpackCodec.encode(event).toString('hex')).toBe(frameByHand(type, seq, payload).toString('hex'));
  });

  const chat = (fields: object): string => msgpackCodec.encode({ ...message, ...fields }).toString('hex');

  test.each([
    ['0', '00'],
    ['127', '7f'],
    ['128', 'cc80'],
    ['65536', 'ce00010000'],
    ['4294967296', 'cf0000000100000000'],
    ['9007199254740993', 'cf0020000000000001'],
    ['9223372036854775807', 'cf7fffffffffffffff'],
    ['-1', 'ff'],
    ['-33', 'd0df'],
    ['-129', 'd1ff7f'],
    ['-32769', 'd2ffff7fff'],
    ['-2147483649', 'd3ffffffff7fffffff'],
    ['-9223372036854775808', 'd38000000000000000'],
  ])('user %s travels as the integer %s', (userId, hex) => {
    expect(chat({ to: userId })).toContain(`${hand('a2:to').toString('hex')}${hex}${hand('a4:type').toString('hex')}`);
  });

  test.each([
    '9223372036854775808',
    '-9223372036854775809',
    '007',
    '-0',
    '+7',
    '1.0',
    '1e3',
    ' 7',
    '٧',
    '-',
    '0x7',
    '',
  ])('user %j travels as text', (userId) => {
    const bytes = Buffer.from(userId);
    const text = Buffer.concat([hand('a2:to'), Buffer.from([0xa0 | bytes.length]), bytes, hand('a4:type')]);
    expect(chat({ to: userId })).toContain(text.toString('hex'));
  });

  test.each([
    [31, 'bf'],
    [32, 'd920'],
    [255, 'd9ff'],
    [256, 'da0100'],
    [65_535, 'daffff'],
    [65_536, 'db00010000'],
  ])('a text of %i bytes has the smallest header, ASCII or not', (length, header) => {
    for (const content of ['x'.repeat(length), 'ä'.repeat(length >> 1) + 'x'.repeat(length & 1)])
      expect(chat({ content })).toContain(hand('a7:content').toString('hex') + header);
  });

  test('lone surrogates become U+FFFD, as in every UTF-8', () => {
    expect(chat({ content: 'a\ud800' })).toContain(hand('a7:content a4:a efbfbd').toString('hex'));
  });

  test('a large frame leaves the small ones after it as they were', () => {
    const before = chat({});
    expect(chat({ content: 'ä'.repeat(1_000_000) }).length).toBe(2 * (2_000_000 + before.length / 2 + 8 - 3));
    expect(chat({})).toBe(before);
  });

  test('errors name fields as a MessagePack client spells them, each where its command has it', () => {
    const text = (said: string, command?: string) => {
      const event = errorEvent(new ProtocolError('WS_INVALID_PAYLOAD', said), 7, command);
      return msgpackCodec.encode(event).toString();
    };
    expect(text('lastMessageId must be an integer', 'subscribe')).toContain('last_message_id must be an integer');
    expect(text('each value in userIds must be', 'watch')).toContain('each value in user_ids must be');
    expect(text('kind must be', 'message')).toContain('type must be');
    expect(text('userId must be', 'auth')).toContain('user_id must be');
    expect(text('mankind must be', 'message')).toContain('mankind must be');
    expect(text('userId must be', undefined)).toContain('userId must be');
    expect(text('UserID is required for registration', 'auth')).toContain('UserID is required for registration');
  });
});
