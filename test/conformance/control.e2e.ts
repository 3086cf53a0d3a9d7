import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Edge } from './edge.js';
import { OPCODE, closeFrame, closeOf, encode, type ClientFrame } from './raw-frames.js';

const { text, continuation, close, ping, pong } = OPCODE;

/** Control frames (RFC 6455 §5.5) and the closing handshake (§7): Autobahn groups 2 and 7. */
describe('control frames', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await Edge.start();
  });
  afterAll(async () => edge.stop());

  describe('pings and pongs (2)', () => {
    test.each<[string, Buffer]>([
      ['without a payload (2.1)', Buffer.alloc(0)],
      ['with a text (2.2)', Buffer.from('Hello, world!')],
      ['with bytes that are no UTF-8 (2.3)', Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff])],
      ['of 125 bytes (2.4)', Buffer.alloc(125, 0xfe)],
    ])('a ping %s comes back as a pong', async (_, payload) => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: ping, payload });
      expect(await echo.peer.next()).toEqual({ fin: true, rsv: 0, opcode: pong, masked: false, payload });
      await echo.works();
    });

    test('a ping byte by byte comes back (2.6)', async () => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: ping, payload: Buffer.alloc(125, 0xfe) }, 1);
      expect(await echo.peer.next()).toMatchObject({ opcode: pong, payload: Buffer.alloc(125, 0xfe) });
    });

    test.each([ping, pong, close])(
      'a control frame (%i) of 126 bytes is answered with 1002 (2.5, 7.3.6)',
      async (opcode) => {
        const echo = await edge.echo();
        echo.peer.send({ opcode, payload: Buffer.alloc(126, 0xfe) });
        expect(await echo.peer.closed()).toMatchObject({ code: 1002 });
      },
    );

    test('pongs that nobody asked for are ignored (2.7, 2.8)', async () => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: pong });
      echo.peer.send({ opcode: pong, payload: 'unsolicited' });
      echo.peer.send({ opcode: ping, payload: 'ping' });
      expect(await echo.peer.next()).toMatchObject({ opcode: pong, payload: Buffer.from('ping') });
      await echo.works();
    });

    test.each([undefined, 1])('ten pings come back in their order (2.10, 2.11)', async (chop) => {
      const echo = await edge.echo();
      const payloads = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
      echo.peer.write(Buffer.concat(payloads.map((payload) => encode({ opcode: ping, payload }))), chop);
      for (const payload of payloads)
        expect(await echo.peer.next()).toMatchObject({ opcode: pong, payload: Buffer.from(payload) });
    });
  });

  describe('the closing handshake (7)', () => {
    const ANY = Buffer.from([0x03, 0xe8]);

    test('is answered, and the server ends the connection (7.1.1)', async () => {
      const echo = await edge.echo();
      await echo.works();
      echo.peer.send(closeFrame(1000));
      expect(await echo.peer.closed()).toMatchObject({ code: 1000 });
      expect(echo.peer.frames.filter(({ opcode }) => opcode === close)).toHaveLength(1);
    });

    test.each<[string, ClientFrame]>([
      ['a second close (7.1.2)', closeFrame(1000)],
      ['a ping (7.1.3)', { opcode: ping, payload: 'late' }],
      ['a text (7.1.4)', { opcode: text, payload: '{"type":"ping"}' }],
      ['256 KiB (7.1.6)', { opcode: text, payload: 'BAsd7&jh23'.repeat(26_215) }],
    ])('%s after the close is not answered', async (_, late) => {
      const echo = await edge.echo();
      echo.peer.write(Buffer.concat([encode(closeFrame(1000)), encode(late)]));
      expect(await echo.peer.closed()).toMatchObject({ code: 1000 });
      expect(echo.peer.frames.at(-1)?.opcode).toBe(close);
      expect(echo.peer.frames.filter(({ opcode }) => opcode === close || opcode === pong)).toHaveLength(1);
    });

    test('within a fragmented message ends it (7.1.5)', async () => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: text, fin: false, payload: '{"type":' });
      echo.peer.send(closeFrame(1000));
      echo.peer.send({ opcode: continuation, payload: '"ping"}' });
      expect(await echo.peer.closed()).toMatchObject({ code: 1000 });
    });

    test('without a payload is answered without one (7.3.1)', async () => {
      const echo = await edge.echo();
      echo.peer.send(closeFrame());
      await echo.peer.closed();
      const last = echo.peer.frames.at(-1)!;
      expect(last.opcode).toBe(close);
      expect([0, 2]).toContain(last.payload.length);
    });

    test('with half a code is answered with 1002 (7.3.2)', async () => {
      const echo = await edge.echo();
      echo.peer.send({ opcode: close, payload: ANY.subarray(0, 1) });
      expect(await echo.peer.closed()).toMatchObject({ code: 1002 });
    });

    test.each([1, 122, 123])('with a reason of %i bytes is answered (7.3.4, 7.3.5)', async (length) => {
      const echo = await edge.echo();
      echo.peer.send(closeFrame(1000, '*'.repeat(length)));
      expect(await echo.peer.closed()).toMatchObject({ code: 1000 });
    });

    test('with a reason that is no UTF-8 is answered with 1007 (7.5.1)', async () => {
      const echo = await edge.echo();
      echo.peer.send(closeFrame(1000, Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xed, 0xa0, 0x80])));
      const { code } = await echo.peer.closed();
      expect(code).toBe(1007);
    });

    test.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
      'with %i is answered with the same (7.7, 7.13)',
      async (code) => {
        const echo = await edge.echo();
        echo.peer.send(closeFrame(code, 'a reason'));
        expect(await echo.peer.closed()).toMatchObject({ code });
      },
    );

    test.each([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])(
      'with %i, which nobody may send, is answered with 1002 (7.9)',
      async (code) => {
        const echo = await edge.echo();
        echo.peer.send(closeFrame(code));
        expect(await echo.peer.closed()).toMatchObject({ code: 1002 });
      },
    );

    test('comes with what the server had to say before it', async () => {
      const echo = await edge.echo();
      echo.peer.write(
        Buffer.concat([encode({ opcode: text, payload: '{"type":"ping","ref":7}' }), encode(closeFrame(1000))]),
      );
      await echo.peer.closed();
      expect(closeOf(echo.peer.frames.at(-1))).toMatchObject({ code: 1000 });
    });

    test('is not needed: a client that simply ends is forgotten', async () => {
      const echo = await edge.echo();
      echo.peer.socket.end();
      await echo.peer.closed();
      await (await edge.echo()).works();
    });
  });
});
