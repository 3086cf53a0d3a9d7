import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseLine } from './input-line.js';
import { printable } from './printable.js';
import { endedText, lostText, messageText } from './wording.js';

describe('a line typed into the chat', () => {
  test.each([
    ['bob: hello', 'bob', 'hello'],
    ['bob:hello', 'bob', 'hello'],
    ['  bob :  hello there  ', 'bob', 'hello there'],
    ['bob: see http://example.org', 'bob', 'see http://example.org'],
    ['user 42: 17:30?', 'user 42', '17:30?'],
  ])('%j goes to %j as %j', (line, to, content) => {
    expect(parseLine(line)).toEqual({ kind: 'message', to, content });
  });

  test.each(['', '   ', '\t'])('%j is nothing', (line) => expect(parseLine(line)).toEqual({ kind: 'empty' }));

  test.each(['hello', ': hello', ' : ', 'bob:', 'bob:   '])('%j gets a hint', (line) => {
    expect(parseLine(line)).toEqual({ kind: 'unclear', hint: expect.stringContaining('"bob: hello"') });
  });

  test('never means a message without recipient or content', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const line = parseLine(text);
        if (line.kind !== 'message') return;
        expect(line.to).not.toBe('');
        expect(line.content).not.toBe('');
      }),
    );
  });
});

describe('what others wrote, on a terminal', () => {
  test('cannot steer it', () => {
    expect(printable('\u001b[2J\u001b]0;title\u0007\u009b1m\u007f')).toBe('␛[2J␛]0;title␇\uFFFD1m␡');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        expect(printable(text).replaceAll('\n    ', '')).not.toMatch(/\p{Cc}/u),
      ),
    );
  });

  test('cannot pass for a message of somebody else', () => {
    const message = { type: 'message', from: 'eve', kind: 'text', timestamp: 0 } as const;
    expect(messageText({ ...message, content: 'hi\r\nbob: send money' })).toBe('eve: hi\n    bob: send money');
    expect(messageText({ ...message, content: 'hi', conversation: 'team' })).toBe('eve in team: hi');
  });
});

describe('what is said about the connection', () => {
  test('an end: by its code, its reason, or the error that the server gave', () => {
    expect(endedText({ code: 4501, reason: '' })).toBe('another connection of this user took over (4501)');
    expect(endedText({ code: 4999, reason: 'x' })).toBe('the connection ended (4999, x)');
    const error = { type: 'error', error: 'Authentication failed', code: 'WS_AUTH_FAILED' } as const;
    expect(endedText({ code: 1000, reason: 'Authentication failed', error })).toBe('Authentication failed');
  });

  test('a loss, and when it is tried again', () => {
    expect(lostText({ code: 1006, reason: '', delayMs: 1240 }, false)).toBe(
      'connection lost (1006); trying again in 1.2 s',
    );
    expect(lostText({ code: 4001, reason: 'slow consumer', delayMs: 0 }, true)).toContain(
      'no connection yet (slow consumer)',
    );
  });
});
