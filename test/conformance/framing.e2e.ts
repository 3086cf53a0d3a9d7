import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Edge, jsonOf } from './edge.js';
import { OPCODE, encode, type ClientFrame } from './raw-frames.js';

const { text, binary, continuation, ping } = OPCODE;
const MIB = 1024 * 1024;

/** Frames and messages (RFC 6455 §5): Autobahn groups 1, 3, 4, 5, 9 and 10. */
describe('framing', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await Edge.start();
  });
  afterAll(async () => edge.stop());

  /** The message in pieces of so many bytes. */
  const fragments = (message: string, size: number): ClientFrame[] => {
    const bytes = Buffer.from(message);
    const pieces: ClientFrame[] = [];
    for (let from = 0; from < bytes.length; from += size)
      pieces.push({
        opcode: from === 0 ? text : continuation,
        fin: from + size >= bytes.length,
        payload: bytes.subarray(from, from + size),
      });
    return pieces;
  };

  describe('sizes (1.1, 9.1)', () => {
    test.each([125, 126, 127, 128, 65_535, 65_536, 65_537, 256 * 1024, MIB])('a text of %i bytes', async (length) => {
      const echo = await edge.echo();
      const frame = echo.frameOf(length);
      echo.peer.send({ opcode: text, payload: frame });
      await echo.returns((JSON.parse(frame) as { content: string }).content);
    });

    test('the answer has the shortest header for its length, whatever that is', async () => {
      const echo = await edge.echo();
      const lengths = new Set<number>();
      for (const content of [0, 10, 20, 30, 40, 65_380, 65_400, 65_420, 65_440].map((n) => '*'.repeat(n))) {
        echo.peer.send({ opcode: text, payload: echo.frame(content) });
        const frame = await echo.peer.next();
        expect(jsonOf(frame)['content']).toBe(content);
        lengths.add(frame.payload.length);
      }
      expect([...lengths].some((n) => n < 126 || n < 65_536)).toBe(true);
      expect([...lengths].some((n) => n > 65_535)).toBe(true);
    });

    test.each([1, 997, 1_460])('one of 65,536 bytes in writes of %i bytes (1.1.8, 9.5, 9.6)', async (chop) => {
      const echo = await edge.echo();
      const content = 'x'.repeat(chop === 1 ? 4_096 : 65_536);
      echo.peer.send({ opcode: text, payload: echo.frame(content) }, chop);
      await echo.returns(content);
    });

    test('an empty text is no JSON: answered, and the connection goes on (1.1.1)', async () => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: text });
      expect(jsonOf(await echo.peer.next())).toMatchObject({ type: 'error', code: 'WS_INVALID_MESSAGE' });
      await echo.works();
    });

    test.each([0, 125, 126, 127, 128, 65_535, 65_536])(
      'a binary of %i bytes on a connection that speaks JSON is answered, and it goes on (1.2)',
      async (length) => {
        const echo = await edge.echo();
        echo.peer.send({ opcode: binary, payload: Buffer.alloc(length, 0xfe) });
        expect(jsonOf(await echo.peer.next())).toMatchObject({ type: 'error', code: 'WS_INVALID_MESSAGE' });
        await echo.works();
      },
    );

    test('a length written in more bytes than it needs is taken for what it says', async () => {
      for (const lengthBytes of [2, 8] as const) {
        const echo = await edge.echo();
        echo.peer.send({ opcode: text, payload: echo.frame('long header'), lengthBytes });
        await echo.returns('long header');
      }
    });
  });

  describe('limits (9)', () => {
    test.each<[string, ClientFrame]>([
      ['one byte more than allowed', { opcode: text, length: MIB + 1 }],
      ['2^53 and more', { opcode: text, length: 2n ** 62n, lengthBytes: 8 }],
      ['the highest bit of its length set', { opcode: binary, length: 2n ** 63n + 5n, lengthBytes: 8 }],
    ])('a frame with %s is answered with 1009 at its header, before its payload', async (_, frame) => {
      const echo = await edge.echo();
      echo.peer.send(frame);
      expect(await echo.peer.closed()).toMatchObject({ code: 1009 });
    });

    test('fragments that together exceed it are answered with 1009', async () => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: text, fin: false, payload: Buffer.alloc(MIB - 1, 0x20) });
      echo.peer.send({ opcode: continuation, payload: '  ' });
      expect(await echo.peer.closed()).toMatchObject({ code: 1009 });
    });

    test.each([256, 4_096, 65_536])('1 MiB in fragments of %i bytes comes back whole (9.3)', async (size) => {
      const echo = await edge.echo();
      const frame = echo.frameOf(MIB);
      echo.peer.write(Buffer.concat(fragments(frame, size).map(encode)));
      await echo.returns((JSON.parse(frame) as { content: string }).content);
    });

    test('more than 16,384 fragments to one message are answered with 1008', async () => {
      const echo = await edge.echo();
      const open = encode({ opcode: text, fin: false, payload: ' ' });
      const more = encode({ opcode: continuation, fin: false, payload: ' ' });
      echo.peer.write(Buffer.concat([open, ...Array<Buffer>(16_384).fill(more)]));
      expect(await echo.peer.closed()).toMatchObject({ code: 1008 });
    });

    test('1,000 messages in one write come back in their order (9.7)', async () => {
      const echo = await edge.echo();
      const frames = Array.from({ length: 1_000 }, (_, i) => encode({ opcode: text, payload: echo.frame(`n${i}`) }));
      echo.peer.write(Buffer.concat(frames));
      for (let i = 0; i < 1_000; i++) await echo.returns(`n${i}`);
    });

    test('a long answer comes in one frame: nothing fragments on the way out (10.1)', async () => {
      const echo = await edge.echo();
      const content = '*'.repeat(65_536);
      echo.peer.write(Buffer.concat(fragments(echo.frame(content), 1_300).map(encode)));
      const frame = await echo.peer.next();
      expect(frame.fin).toBe(true);
      expect(jsonOf(frame)['content']).toBe(content);
    });
  });

  describe('what breaks the rules is answered with 1002', () => {
    const payload = 'Hello';
    test.each<[string, ClientFrame]>([
      ...[1, 2, 3, 4, 5, 6, 7].map((rsv): [string, ClientFrame] => [
        `reserved bits ${rsv} (3.${rsv})`,
        { opcode: text, rsv, payload },
      ]),
      ['reserved bits on a ping (3.6)', { opcode: ping, rsv: 4, payload }],
      ['reserved bits on a close (3.7)', { opcode: 8, rsv: 7 }],
      ...[3, 4, 5, 6, 7].map((opcode): [string, ClientFrame] => [`data opcode ${opcode} (4.1)`, { opcode, payload }]),
      ...[11, 12, 13, 14, 15].map((opcode): [string, ClientFrame] => [`control opcode ${opcode} (4.2)`, { opcode }]),
      ['a frame that is not masked (§5.1)', { opcode: text, payload, mask: false }],
      ['a continuation of nothing (5.9)', { opcode: continuation, payload }],
      ['a continuation of nothing, not the last (5.11)', { opcode: continuation, fin: false, payload }],
    ])('%s', async (_, frame) => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: text, payload: echo.frame('before') });
      echo.peer.send(frame);
      echo.peer.send({ opcode: text, payload: echo.frame('after') });
      expect(await echo.peer.closed()).toMatchObject({ code: 1002 });
      expect(echo.peer.frames.some((f) => f.payload.includes('after'))).toBe(false);
    });

    test.each<[string, ClientFrame[]]>([
      [
        'a new text within a message (5.18)',
        [
          { opcode: text, fin: false, payload },
          { opcode: text, payload },
        ],
      ],
      [
        'a new binary within a message',
        [
          { opcode: text, fin: false, payload },
          { opcode: binary, payload },
        ],
      ],
      [
        'a reserved bit on a continuation',
        [
          { opcode: text, fin: false, payload },
          { opcode: continuation, rsv: 4, payload },
        ],
      ],
      [
        'a continuation after the last (5.15)',
        [
          { opcode: text, fin: false, payload: '{' },
          { opcode: continuation, payload: '}' },
          { opcode: continuation, fin: false, payload },
        ],
      ],
    ])('%s', async (_, frames) => {
      const echo = await edge.echo();
      for (const frame of frames) echo.peer.send(frame);
      expect(await echo.peer.closed()).toMatchObject({ code: 1002 });
    });
  });

  describe('fragments (5)', () => {
    test.each<[string, number, number | undefined]>([
      ['two fragments (5.3)', 40, undefined],
      ['one byte each (5.5)', 1, undefined],
      ['one byte each, byte by byte (5.5)', 1, 1],
    ])('%s', async (_, size, chop) => {
      const echo = await edge.echo();
      for (const frame of fragments(echo.frame('fragmented'), size)) echo.peer.send(frame, chop);
      await echo.returns('fragmented');
    });

    test('empty fragments are as good as others (6.1.2)', async () => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: text, fin: false });
      echo.peer.send({ opcode: continuation, fin: false, payload: echo.frame('between') });
      echo.peer.send({ opcode: continuation });
      await echo.returns('between');
    });

    test('pings between fragments are answered at once and change nothing (5.6, 5.19)', async () => {
      const echo = await edge.echo();
      const [first, second] = fragments(echo.frame('whole'), 40) as [ClientFrame, ClientFrame];
      echo.peer.send(first);
      echo.peer.send({ opcode: ping, payload: 'one' });
      expect(await echo.peer.next()).toMatchObject({ opcode: OPCODE.pong, payload: Buffer.from('one') });
      echo.peer.send({ opcode: continuation, fin: false });
      echo.peer.send({ opcode: ping, payload: 'two' });
      expect(await echo.peer.next()).toMatchObject({ opcode: OPCODE.pong, payload: Buffer.from('two') });
      for (const frame of [second, ...fragments(echo.frame('whole'), 40).slice(2)]) echo.peer.send(frame);
      await echo.returns('whole');
    });

    test('a ping that is a fragment itself is answered with 1002 (5.1)', async () => {
      for (const opcode of [ping, OPCODE.pong]) {
        const echo = await edge.echo();
        echo.peer.send({ opcode, fin: false, payload: 'half' });
        echo.peer.send({ opcode: continuation, payload: 'rest' });
        expect(await echo.peer.closed()).toMatchObject({ code: 1002 });
      }
    });
  });
});
