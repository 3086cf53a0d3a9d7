import { once } from 'node:events';
import { Socket, type AddressInfo } from 'node:net';
import { connect as tlsConnect, createServer as createTlsServer } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventually, fcOptions, socketPair, testCertificate } from '#testing';
import { BY_STREAM, writeNow, writesDirectly } from './direct-writes.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** More than the kernel takes of what nobody reads. */
const MUCH = 32 * 1024 * 1024;
/** What has a pattern of its own, so that a piece that is missing, or there twice, or someone else's shows. */
const patterned = (length: number, seed = 0): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE((at + seed * 7_919) >>> 0, at);
  return bytes;
};

/** Node 26 makes a request only where a write has to wait, and then itself: there all goes by the stream. */
const asBefore = Number.parseInt(process.versions.node) < 26;

test('is what sockets can do up to Node 25', () => {
  expect(writesDirectly(new Socket())).toBe(asBefore);
});

(asBefore ? describe : describe.skip)('what is written past the stream', () => {
  const sockets: Socket[] = [];

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** A connection's two ends: who writes, and who reads, which does not yet. */
  const connected = async (): Promise<[Socket, Socket]> => {
    const pair = await socketPair();
    for (const socket of pair) socket.on('error', () => undefined);
    sockets.push(...pair);
    return pair;
  };
  /** All that comes, from now on. */
  const read = (socket: Socket): { length: number; text(): Buffer } => {
    const pieces: Buffer[] = [];
    const got = { length: 0, text: () => Buffer.concat(pieces) };
    socket.on('data', (bytes: Buffer) => {
      pieces.push(bytes);
      got.length += bytes.length;
    });
    return got;
  };
  const comes = async (got: { readonly length: number; text(): Buffer }, sent: Buffer): Promise<void> => {
    await eventually(() => expect(got.length).toBe(sent.length), { timeoutMs: 20_000 });
    expect(got.text().equals(sent)).toBe(true);
  };

  test('comes in the order of all writes, in one piece or in several', async () => {
    const [writer, reader] = await connected();
    const got = read(reader);
    expect(writeNow(writer, Buffer.from('one '))).toBe(0);
    writer.write('two ');
    expect(writeNow(writer, [Buffer.from('three '), Buffer.from('four '), Buffer.alloc(0)])).toBe(0);
    writer.write('five');
    await comes(got, Buffer.from('one two three four five'));
    expect([writer.writableLength, writer.bytesWritten]).toEqual([0, 23]);
  });

  test('waits for a reader that does not read, before what is written later', async () => {
    const [writer, reader] = await connected();
    const much = patterned(MUCH);
    const rest = writeNow(writer, much);
    expect(rest).toBeGreaterThan(0);
    expect(rest).toBeLessThan(MUCH);
    let taken = false;
    writer.write('behind it', () => (taken = true));
    expect(writer.writableLength).toBe(9);
    // The stream is not idle: past it, this would come before what waits there.
    expect(writeNow(writer, Buffer.from('x'))).toBe(BY_STREAM);
    expect(taken).toBe(false);
    await comes(read(reader), Buffer.concat([much, Buffer.from('behind it')]));
    expect(taken).toBe(true);
  });

  // Each of them has a request of its own, and its request keeps its bytes: nobody else does.
  test('is kept while it waits, on many sockets at once and behind each other', async () => {
    const pairs: [Socket, Socket][] = [];
    while (pairs.length < 5) pairs.push(await connected());
    const piece = 6 * 1024 * 1024;
    for (const [n, [writer]] of pairs.entries()) {
      expect(writeNow(writer, patterned(piece, n))).toBeGreaterThan(0);
      expect(writeNow(writer, [patterned(piece, n + 50), patterned(400, n + 99)])).toBeGreaterThan(piece);
    }
    for (let i = 0; i < 3; i++) {
      collectGarbage();
      // What were free by now would be written over.
      for (let k = 0; k < 50; k++) Buffer.alloc(1024 * 1024, 0xff);
    }
    for (const [n, [, reader]] of pairs.entries()) {
      const sent = [patterned(piece, n), patterned(piece, n + 50), patterned(400, n + 99)];
      await comes(read(reader), Buffer.concat(sent));
    }
  }, 60_000);

  test('whatever the sizes and the ways, all of it comes once and in order', async () => {
    const write = fc.record({
      past: fc.boolean(),
      sizes: fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 600_000 })), {
        minLength: 1,
        maxLength: 5,
      }),
      pause: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 25 }), fc.boolean(), async (writes, early) => {
        const [writer, reader] = await connected();
        const sent: Buffer[] = [];
        let got = early ? read(reader) : undefined;
        for (const { past, sizes, pause } of writes) {
          const pieces = sizes.map((size) => patterned(size, sent.length));
          sent.push(...pieces);
          const bytes = pieces.length === 1 ? pieces[0]! : pieces;
          if (!past || writeNow(writer, bytes) === BY_STREAM) for (const one of pieces) writer.write(one);
          if (pause) await new Promise((done) => setImmediate(done));
        }
        got ??= read(reader);
        await comes(got, Buffer.concat(sent));
        for (const socket of [writer, reader]) socket.destroy();
      }),
      fcOptions({ numRuns: 40 }),
    );
  }, 60_000);

  test('a peer that is gone while something waits: the socket is closed, and nothing is called taken', async () => {
    const [writer, reader] = await connected();
    expect(writeNow(writer, Buffer.alloc(MUCH))).toBeGreaterThan(0);
    const closed = new Promise((done) => writer.once('close', done));
    // It has not read what came, so the system answers with a reset.
    reader.resetAndDestroy();
    await closed;
    expect(writeNow(writer, Buffer.from('x'))).toBe(BY_STREAM);
  });

  // The peer reads no more, so its reset is heard of by the write alone.
  test('what fails while it waits closes the socket, though nobody reads from it', async () => {
    const [writer, reader] = await connected();
    expect(writeNow(writer, Buffer.alloc(MUCH))).toBeGreaterThan(0);
    writer.pause();
    const failed = once(writer, 'error');
    reader.resetAndDestroy();
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(['ECONNRESET', 'EPIPE']).toContain(error.code);
    expect(writer.destroyed).toBe(true);
  });

  test('what waits leaves before the end of the stream', async () => {
    const [writer, reader] = await connected();
    const much = patterned(MUCH);
    writeNow(writer, much);
    writer.end();
    expect(writeNow(writer, Buffer.from('x'))).toBe(BY_STREAM);
    const got = read(reader);
    await once(reader, 'end');
    expect(got.text().equals(much)).toBe(true);
  });

  test('goes by the stream where the socket is not open', async () => {
    const [writer] = await connected();
    writer.destroy();
    expect(writeNow(writer, Buffer.from('x'))).toBe(BY_STREAM);
    expect(writeNow(new Socket(), Buffer.from('x'))).toBe(BY_STREAM);
  });

  test('goes by the stream over TLS', async () => {
    const secure = createTlsServer(await testCertificate('edge')).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const accepted = once(secure, 'secureConnection') as Promise<[Socket]>;
    const { port } = secure.address() as AddressInfo;
    const client = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const [socket] = await accepted;
    expect(writesDirectly(socket)).toBe(false);
    for (const one of [client, socket]) one.destroy();
    const closed = once(secure, 'close');
    secure.close();
    await closed;
  });
});
