import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Waves } from './waves.js';

const EVERY_MS = 3;

let waves: Waves;
let gone: string[];

beforeEach(() => {
  jest.useFakeTimers();
  waves = new Waves(EVERY_MS);
  gone = [];
});
afterEach(() => {
  jest.useRealTimers();
});

const join = (...ids: readonly string[]): void => {
  for (const id of ids) {
    const wave = waves.join();
    if (!wave) gone.push(id);
    else void wave.then(() => gone.push(id));
  }
};

test('who comes alone goes at once, again and again', async () => {
  for (const id of ['a', 'b', 'c']) {
    join(id);
    await jest.advanceTimersByTimeAsync(EVERY_MS);
  }
  expect(gone).toEqual(['a', 'b', 'c']);
  expect(jest.getTimerCount()).toBe(0);
});

test('who comes soon after goes with all others that do, in the order they came', async () => {
  join('a', 'b');
  await jest.advanceTimersByTimeAsync(EVERY_MS - 1);
  join('c');
  await jest.advanceTimersByTimeAsync(0);
  expect(gone).toEqual(['a']);
  await jest.advanceTimersByTimeAsync(1);
  expect(gone).toEqual(['a', 'b', 'c']);
});

test('one wave keeps its distance from the one before', async () => {
  join('a', 'b');
  await jest.advanceTimersByTimeAsync(EVERY_MS);
  join('c');
  await jest.advanceTimersByTimeAsync(EVERY_MS - 1);
  expect(gone).toEqual(['a', 'b']);
  await jest.advanceTimersByTimeAsync(1);
  expect(gone).toEqual(['a', 'b', 'c']);
  await jest.advanceTimersByTimeAsync(EVERY_MS);
  expect(jest.getTimerCount()).toBe(0);
});

// A wave goes → one that went with it joins again, before the others have been told: it is of the next.
test('who joins while a wave goes is not of it', async () => {
  join('a', 'b');
  void waves.join()?.then(() => join('again'));
  join('c');
  await jest.advanceTimersByTimeAsync(EVERY_MS);
  expect(gone).toEqual(['a', 'b', 'c']);
  await jest.advanceTimersByTimeAsync(EVERY_MS);
  expect(gone).toEqual(['a', 'b', 'c', 'again']);
});
