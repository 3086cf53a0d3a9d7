import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { corkThisCallback } from './cork.js';

test('makes one write of what a callback writes, and of each later one again', async () => {
  const writes: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      writes.push(chunk);
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => chunk as string).join(''));
      done();
    },
  });
  const inOneCallback = (...texts: string[]): Promise<void> =>
    new Promise((done) => {
      setImmediate(() => {
        for (const text of texts) {
          corkThisCallback(stream);
          stream.write(text);
        }
        setImmediate(done);
      });
    });

  await inOneCallback('a', 'b', 'c');
  await inOneCallback('d');
  expect(writes).toEqual(['abc', 'd']);
});

test('does nothing while there is no connection', () => {
  expect(() => corkThisCallback(undefined)).not.toThrow();
});
