import { nowMs } from '../clock.js';

/** Sleeps between sends are this short at most, so that answers are read as they come. */
const NAP_MS = 1;
/** Not worth a sleep. */
const SOON_MS = 0.05;
const nap = new Int32Array(new SharedArrayBuffer(4));

/**
 * Calls `send(n, due)` for n = 0 … count−1 at the times of a schedule, at once where it is late; returns how late each was, ms. Sleeps without the event
 * loop's timers, which know whole milliseconds only.
 */
export async function paced(
  { rate, count }: { readonly rate: number; readonly count: number },
  send: (n: number, due: number) => void,
): Promise<readonly number[]> {
  const started = nowMs();
  const late: number[] = [];
  while (late.length < count) {
    const due = started + (late.length * 1_000) / rate;
    const early = due - nowMs();
    if (early <= 0) {
      send(late.length, due);
      late.push(-early);
    } else if (early > SOON_MS) Atomics.wait(nap, 0, 0, Math.min(early, NAP_MS));
    await new Promise((done) => {
      setImmediate(done);
    });
  }
  return late;
}
