import { Writable } from 'node:stream';
import { beforeEach, expect, it } from '@jest/globals';
import { Corker } from './corker.js';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Keeps what it got, one array a write. */
class Sink extends Writable {
  readonly writes: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString());
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()).join(''));
    done();
  }
}

let corker: Corker;
beforeEach(() => {
  corker = new Corker();
});

const write = (sink: Sink, text: string): void => {
  corker.cork(sink);
  sink.write(text);
};

it('makes one write of a turn', async () => {
  const sink = new Sink();
  write(sink, 'a');
  write(sink, 'b');
  expect(sink.writes).toEqual([]);
  await turn();
  write(sink, 'c');
  await turn();
  expect(sink.writes).toEqual(['ab', 'c']);
});

it('lets go of a stream that another one follows within a turn', async () => {
  const [before, after] = [new Sink(), new Sink()];
  write(before, 'a');
  write(after, 'b');
  corker.cork(undefined);
  await turn();
  expect([before.writes, after.writes]).toEqual([['a'], ['b']]);
});
