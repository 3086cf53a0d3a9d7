import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ProtocolError, errorEvent, jsonClientCodec, jsonCodec } from '../index.js';
import type { ServerEvent } from '../index.js';

const REGISTERED: ServerEvent = {
  resumed: true,
  heartbeat: { timeoutMs: 90_000, intervalMs: 30_000 },
  epoch: 'e1',
  lastMessageId: 4,
  gatewayId: 'gateway-01',
  connectionId: 'c1',
  userId: 'alice',
  content: 'Successfully registered',
  type: 'registered',
};

/** Built in an order that is not the table's, on purpose. */
const inTableOrder: [ServerEvent, string][] = [
  [
    REGISTERED,
    '{"type":"registered","content":"Successfully registered","userId":"alice","connectionId":"c1","gatewayId":"gateway-01",' +
      '"lastMessageId":4,"epoch":"e1","heartbeat":{"intervalMs":30000,"timeoutMs":90000},"resumed":true}',
  ],
  [{ type: 'pong' }, '{"type":"pong"}'],
  [{ ref: 'a"b', type: 'pong' }, '{"type":"pong","ref":"a\\"b"}'],
  [
    {
      timestamp: 5,
      id: 'm1',
      kind: 'text',
      messageId: 9,
      to: 'bob',
      content: 'Hello!',
      from: 'alice',
      type: 'message',
    },
    '{"type":"message","from":"alice","content":"Hello!","to":"bob","messageId":9,"kind":"text","timestamp":5,"id":"m1"}',
  ],
  [
    { type: 'message', from: 'alice', content: '', conversation: 'c', kind: 'text', timestamp: 5 },
    '{"type":"message","from":"alice","content":"","conversation":"c","kind":"text","timestamp":5}',
  ],
  [{ timestamp: 5, messageId: 9, ref: 1, type: 'accepted' }, '{"type":"accepted","ref":1,"messageId":9,"timestamp":5}'],
  [
    { type: 'accepted', messageId: 9, timestamp: 5, duplicate: true, id: 'm1' },
    '{"type":"accepted","messageId":9,"timestamp":5,"id":"m1","duplicate":true}',
  ],
  [
    { timestamp: 5, status: 'read', messageId: 9, to: 'b"b', type: 'receipt' },
    '{"type":"receipt","to":"b\\"b","messageId":9,"status":"read","timestamp":5}',
  ],
  [{ ref: 3, type: 'acked' }, '{"type":"acked","ref":3}'],
  [
    { read: 1, delivered: 2, to: 'bob', type: 'status', ref: 'r' },
    '{"type":"status","ref":"r","to":"bob","delivered":2,"read":1}',
  ],
  [
    {
      epoch: 'e1',
      hasMore: true,
      messages: [{ type: 'message', from: 'alice', content: 'x', messageId: 1, kind: 'text', timestamp: 5 }],
      type: 'synced',
    },
    '{"type":"synced","messages":[{"type":"message","from":"alice","content":"x","messageId":1,"kind":"text","timestamp":5}],' +
      '"hasMore":true,"epoch":"e1"}',
  ],
  [{ ref: 'r', type: 'ok' }, '{"type":"ok","ref":"r"}'],
  [
    { lastSeen: 5, status: 'offline', userId: 'b"b', type: 'presence' },
    '{"type":"presence","userId":"b\\"b","status":"offline","lastSeen":5}',
  ],
  [{ status: 'away', userId: 'bob', type: 'presence' }, '{"type":"presence","userId":"bob","status":"away"}'],
  [
    {
      statuses: [
        { status: 'online', userId: 'bob' },
        { lastSeen: 5, status: 'offline', userId: 'carol' },
      ],
      ref: 1,
      type: 'watching',
    },
    '{"type":"watching","ref":1,"statuses":[{"userId":"bob","status":"online"},{"userId":"carol","status":"offline","lastSeen":5}]}',
  ],
  [{ statuses: [], type: 'watching' }, '{"type":"watching","statuses":[]}'],
  [
    { resumed: false, epoch: 'e1', lastMessageId: 4, conversation: 'c"c', type: 'subscribed', ref: 's' },
    '{"type":"subscribed","ref":"s","conversation":"c\\"c","lastMessageId":4,"epoch":"e1","resumed":false}',
  ],
  [{ conversation: 'c', type: 'unsubscribed' }, '{"type":"unsubscribed","conversation":"c"}'],
  [{ conversation: 'c', ref: 2, type: 'unsubscribed' }, '{"type":"unsubscribed","ref":2,"conversation":"c"}'],
  [
    { conversations: [{ unread: 3, read: 1, lastMessageId: 4, conversation: 'c' }], ref: 3, type: 'conversations' },
    '{"type":"conversations","ref":3,"conversations":[{"conversation":"c","lastMessageId":4,"read":1,"unread":3}]}',
  ],
  [
    { type: 'closing', reconnectAfterMs: 10, reason: 'drain' },
    '{"type":"closing","reason":"drain","reconnectAfterMs":10}',
  ],
  [
    { ref: 2, retryAfterMs: 100, code: 'WS_RATE_LIMITED', error: 'Too many requests', type: 'error' },
    '{"type":"error","error":"Too many requests","code":"WS_RATE_LIMITED","ref":2,"retryAfterMs":100}',
  ],
];

describe('encoding an event as JSON', () => {
  test.each(inTableOrder)('%j is written in the order of the table', (event, text) => {
    expect(jsonCodec.encode(event)).toBe(text);
  });

  test('undefined fields are absent', () => {
    const event: ServerEvent = {
      type: 'error',
      error: 'x',
      code: 'WS_FORBIDDEN',
      ref: undefined,
      retryAfterMs: undefined,
    };
    expect(jsonCodec.encode(event)).toBe('{"type":"error","error":"x","code":"WS_FORBIDDEN"}');
  });

  test('every text comes back as it was, lone surrogates and control characters included', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(text, text, fc.option(text, { nil: undefined }), fc.nat(), (from, content, id, messageId) => {
        const event: ServerEvent = {
          type: 'message',
          from,
          content,
          to: from,
          messageId,
          kind: content,
          timestamp: messageId,
          id,
        };
        const encoded = jsonCodec.encode(event);
        expect(encoded).toBe(JSON.stringify(event));
        expect(jsonClientCodec.decode(encoded.toString())).toEqual(event);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the client side of JSON', () => {
  test('decodes what the server encodes and encodes what it decodes', () => {
    expect(jsonClientCodec.decode(jsonCodec.encode(REGISTERED).toString())).toEqual(REGISTERED);
    const command = { type: 'message', ref: 1, to: 'bob', content: 'Hello!', id: undefined } as const;
    expect(jsonCodec.decode(Buffer.from(jsonClientCodec.encode(command))).fields).toEqual({
      type: 'message',
      ref: 1,
      to: 'bob',
      content: 'Hello!',
    });
  });

  test.each(['', '[]', 'null', '{}', '{"type":7}'])('refuses %j', (frame) => {
    expect(() => jsonClientCodec.decode(frame)).toThrow(ProtocolError);
    expect(() => jsonClientCodec.decode(new Uint8Array())).toThrow(ProtocolError);
  });
});

describe('the answer to a command that failed', () => {
  test('says what a ProtocolError says, with the ref of the command or the one the error brings', () => {
    const error = new ProtocolError('WS_RATE_LIMITED', undefined, 50, { ref: 'own' });
    expect(errorEvent(error, 'command')).toEqual({
      type: 'error',
      error: 'Too many requests',
      code: 'WS_RATE_LIMITED',
      ref: 'command',
      retryAfterMs: 50,
    });
    expect(errorEvent(error).ref).toBe('own');
  });

  test('tells nothing about any other error', () => {
    expect(errorEvent(new Error('password is hunter2'), 1)).toEqual({
      type: 'error',
      error: 'Internal error',
      code: 'WS_INTERNAL_ERROR',
      ref: 1,
    });
  });
});
