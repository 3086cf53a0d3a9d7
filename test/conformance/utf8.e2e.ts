import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Edge } from './edge.js';
import { OPCODE, encode, type ClientFrame } from './raw-frames.js';

const { text, continuation } = OPCODE;

const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(' ', ''), 'hex');

/** Texts are UTF-8 (RFC 6455 §8.1): Autobahn group 6, by the sequences of its own. */
describe('UTF-8', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await Edge.start();
  });
  afterAll(async () => edge.stop());

  /** A message to oneself whose content is these bytes. */
  const around = (shell: string, content: Buffer): Buffer => {
    const [before = '', after = ''] = shell.split('@@');
    return Buffer.concat([Buffer.from(before), content, Buffer.from(after)]);
  };

  test.each<[string, string]>([
    ['one to four bytes (6.2)', 'Hello-µ@ßöäüàá-UTF-8!!'],
    ['Greek (6.3)', 'κόσμε'],
    ['first of each length (6.5)', '\u0080\u0800\u{10000}'],
    ['last of each length (6.7)', '\u007f\u07ff\uffff\u{10ffff}'],
    ['before and after the surrogates (6.11)', '\ud7ff\ue000\ufffd'],
    ['noncharacters (6.22)', '\ufffe\uffff\u{1fffe}\u{1ffff}\u{8fffe}\u{ffffe}\u{10fffe}\u{10ffff}'],
    ['a replacement character of the sender (6.23)', '\ufffd'],
    ['a byte order mark', '\ufeffx\ufeff'],
    ['emoji', '👩‍👩‍👧‍👦'],
  ])('%s comes back as it was, whole, in fragments within characters, and byte by byte', async (_, content) => {
    const echo = await edge.echo();
    const bytes = around(echo.frame('@@'), Buffer.from(content));
    echo.peer.send({ opcode: text, payload: bytes });
    await echo.returns(content);
    const pieces = Array.from(bytes, (_byte, i): ClientFrame => {
      return { opcode: i === 0 ? text : continuation, fin: i === bytes.length - 1, payload: bytes.subarray(i, i + 1) };
    });
    echo.peer.write(Buffer.concat(pieces.map(encode)));
    await echo.returns(content);
    echo.peer.send({ opcode: text, payload: bytes }, 1);
    await echo.returns(content);
  });

  const BROKEN: readonly (readonly [string, Buffer])[] = [
    ['Greek with a surrogate after it (6.3.1)', hex('ceba e1bdb9 cf83 cebc ceb5 eda080 656469746564')],
    ['five bytes (6.6)', hex('f888808080')],
    ['six bytes (6.6)', hex('fc8480808080')],
    ['beyond U+10FFFF (6.4)', hex('f4908080')],
    ['the longest of five bytes (6.8)', hex('fbbfbfbfbf')],
    ['the longest of six bytes (6.8)', hex('fdbfbfbfbfbf')],
    ['FE and FF (6.14)', hex('feff')],
    ['a lone continuation byte (6.12)', hex('80')],
    ['continuation bytes (6.12)', hex('80bf80bf80bf80')],
    ['first bytes of two alone (6.13)', hex('c020c120c2')],
    ['first bytes of three alone (6.13)', hex('e020e120e2')],
    ['first bytes of four alone (6.13)', hex('f020f120f2')],
    ['two bytes, the last missing (6.15)', hex('c3')],
    ['three bytes, the last missing (6.15)', hex('e282')],
    ['four bytes, the last missing (6.15)', hex('f09f98')],
    ['an overlong solidus of two bytes (6.18)', hex('c0af')],
    ['an overlong solidus of three bytes (6.18)', hex('e080af')],
    ['an overlong solidus of four bytes (6.18)', hex('f08080af')],
    ['the highest overlong (6.19)', hex('c1bf e09fbf f08fbfbf')],
    ['an overlong NUL (6.20)', hex('c080')],
    ['a high surrogate (6.21)', hex('eda080')],
    ['a low surrogate (6.21)', hex('edbfbf')],
    ['a pair of surrogates (6.21)', hex('eda080edb080')],
  ];

  test.each(BROKEN)('%s is answered with 1007, in one frame and in two', async (_, bytes) => {
    const whole = await edge.echo();
    const payload = around(whole.frame('@@'), bytes);
    whole.peer.send({ opcode: text, payload });
    expect(await whole.peer.closed()).toMatchObject({ code: 1007 });

    const halves = await edge.echo();
    const at = around(halves.frame('@@'), bytes).indexOf(bytes) + 1;
    halves.peer.send({ opcode: text, fin: false, payload: payload.subarray(0, at) });
    halves.peer.send({ opcode: continuation, payload: payload.subarray(at) });
    expect(await halves.peer.closed()).toMatchObject({ code: 1007 });
  });

  test('what is broken is not handled: nobody receives it', async () => {
    const echo = await edge.echo();
    echo.peer.send({ opcode: text, payload: around(echo.frame('@@'), hex('c0af')) });
    await echo.peer.closed();
    // After `registered`.
    expect(echo.peer.frames.slice(1).map(({ opcode }) => opcode)).toEqual([OPCODE.close]);
  });

  test('it is noticed at the end of the message, not within it (6.4: not fail-fast, which §8.1 permits)', async () => {
    const echo = await edge.echo();
    echo.peer.send({ opcode: text, fin: false, payload: hex('f4908080') });
    echo.peer.send({ opcode: OPCODE.ping, payload: 'still listening' });
    expect(await echo.peer.next()).toMatchObject({ opcode: OPCODE.pong });
    echo.peer.send({ opcode: continuation, payload: 'x' });
    expect(await echo.peer.closed()).toMatchObject({ code: 1007 });
  });
});
