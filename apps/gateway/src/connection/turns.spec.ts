import { expect, test } from '@jest/globals';
import { TooManyWaitError, TurnEndedError, Turns } from './turns.js';

function start(turns: Turns, ...ids: readonly string[]): string[] {
  const begun: string[] = [];
  for (const id of ids) void Promise.resolve(turns.begin(id)).then(() => begun.push(id));
  return begun;
}
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

test('so many at once, the others in the order they came', async () => {
  const turns = new Turns(2, 10);
  const begun = start(turns, 'a', 'b', 'c', 'd');
  await settled();
  expect(begun).toEqual(['a', 'b']);
  turns.end('b');
  turns.end('b');
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  turns.end('a');
  turns.end('c');
  await settled();
  expect([begun.at(-1), turns.serving, turns.waiting]).toEqual(['d', 1, 0]);
});

test('one that leaves the queue is told so, and holds nobody up', async () => {
  const turns = new Turns(1, 10);
  await turns.begin('a');
  const leaving = turns.begin('b');
  const begun = start(turns, 'c');
  turns.end('b');
  await expect(leaving).rejects.toBeInstanceOf(TurnEndedError);
  turns.end('a');
  await settled();
  expect(begun).toEqual(['c']);
});

test('more than may wait are turned away at once', async () => {
  const turns = new Turns(1, 1);
  await turns.begin('a');
  start(turns, 'b');
  await expect(turns.begin('c')).rejects.toBeInstanceOf(TooManyWaitError);
  turns.end('c');
  expect([turns.serving, turns.waiting]).toEqual([1, 1]);
});
