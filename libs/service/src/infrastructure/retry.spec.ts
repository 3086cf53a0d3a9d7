import { describe, expect, test } from '@jest/globals';
import { backoffMs, retrying } from './retry.js';

describe('retrying', () => {
  const never = new AbortController().signal;

  test('goes on until the attempt succeeds, telling of each failure', async () => {
    const failures: string[] = [];
    let attempts = 0;
    const attempt = async (): Promise<void> => {
      if (++attempts < 3) throw new Error(`no ${attempts}`);
    };
    await retrying(attempt, { signal: never, onFailure: (error) => failures.push(String(error)) });
    expect(failures).toEqual(['Error: no 1', 'Error: no 2']);
  });

  test('ends with the error that is not to be retried', async () => {
    const attempt = () => Promise.reject(new Error('for good'));
    const onFailure = (error: unknown): never => {
      throw error;
    };
    await expect(retrying(attempt, { signal: never, onFailure })).rejects.toThrow('for good');
  });

  test('ends at once when it is called off, even while it waits', async () => {
    const off = new AbortController();
    const attempt = () => Promise.reject(new Error('away'));
    await expect(retrying(attempt, { signal: off.signal, onFailure: () => off.abort() })).rejects.toThrow('aborted');
  });

  test('waits longer each time, up to five seconds, and never in step with others', () => {
    expect([0, 1, 2, 3].map((n) => backoffMs(n, () => 1))).toEqual([100, 200, 400, 800]);
    expect(backoffMs(50, () => 1)).toBe(5_000);
    expect(backoffMs(50, () => 0)).toBe(2_500);
    expect(backoffMs(50, () => 1, 1_000)).toBe(1_000);
  });
});
