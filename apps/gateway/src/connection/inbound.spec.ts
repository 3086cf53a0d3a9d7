import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ActorRef, TellResult } from '#actor';
import { Inbound } from './inbound.js';

const INBOUND_WINDOW = 256;
const MAX_BYTES = 1_000;

/** A mailbox of which the test is the actor. */
class Mailbox {
  readonly frames: Buffer[] = [];
  constructor(private readonly capacity = 1_000) {}
  tell(frame: Buffer): TellResult {
    if (this.frames.length >= this.capacity) return 'full';
    this.frames.push(frame);
    return 'ok';
  }
}

interface Bounds {
  readonly capacity?: number;
  readonly window?: number;
  readonly maxBytes?: number;
}

function make({ capacity, window = INBOUND_WINDOW, maxBytes = Infinity }: Bounds = {}) {
  const mailbox = new Mailbox(capacity);
  const source = { paused: 0, pause: () => void source.paused++, resume: () => void source.paused-- };
  const limited: string[] = [];
  const host = { inbound: { window, maxBytes }, onLimit: (limit: string) => void limited.push(limit) };
  const inbound = new Inbound(source, mailbox as unknown as ActorRef<Buffer | 'wrong kind'>, host);
  const seen: number[] = [];
  /** What each send under way counts for, in their order. */
  const sends: number[] = [];
  /** Handles one frame, as the session does: sends it on, or is done with it. */
  const handle = (how: 'done' | 'send' = 'done'): void => {
    const frame = mailbox.frames.shift()!;
    seen.push(frame.readUInt32BE());
    inbound.taken(frame);
    if (how === 'send') sends.push(inbound.sendStarted());
    inbound.release();
  };
  const answer = (which = 0): void => inbound.sendEnded(sends.splice(which, 1)[0]!);
  const push = (n: number, size = 4): void => {
    const frame = Buffer.alloc(size);
    frame.writeUInt32BE(n);
    inbound.push(frame);
  };
  return { mailbox, source, inbound, seen, sends, handle, answer, push, limited };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('the way in', () => {
  test('pauses the socket when the window is full, and keeps in order what comes nevertheless', () => {
    const { source, mailbox, handle, push, seen, inbound, limited } = make();
    for (let n = 0; n < INBOUND_WINDOW; n++) push(n);
    expect(source.paused).toBe(0);
    for (let n = INBOUND_WINDOW; n < INBOUND_WINDOW + 3_000; n++) push(n);
    expect([source.paused, inbound.paused, limited]).toEqual([1, true, ['frames waiting']]);
    while (mailbox.frames.length > 0) handle();
    expect(seen).toEqual(upTo(INBOUND_WINDOW + 3_000));
    expect([source.paused, inbound.paused, inbound.length, inbound.bytes]).toEqual([0, false, 0, 0]);
  });

  test('a full mailbox pauses it as well', () => {
    const { source, mailbox, handle, push, seen } = make({ capacity: 4 });
    for (let n = 0; n < 10; n++) push(n);
    expect([source.paused, mailbox.frames.length]).toEqual([1, 4]);
    while (mailbox.frames.length > 0) handle();
    expect(seen).toHaveLength(10);
    expect(source.paused).toBe(0);
  });

  test('sends that are not answered hold further frames back until they are', () => {
    const { source, mailbox, handle, answer, push, inbound } = make();
    for (let n = 0; n < INBOUND_WINDOW + 50; n++) push(n);
    while (mailbox.frames.length > 0) handle('send');
    expect(inbound.inFlight).toBe(INBOUND_WINDOW);
    expect([source.paused, inbound.length]).toEqual([1, 50]);
    for (let n = 0; n < INBOUND_WINDOW; n++) answer();
    expect([source.paused, mailbox.frames.length]).toEqual([0, 50]);
  });
});

describe('the bytes on their way in', () => {
  test.each<[string, readonly number[], number, boolean]>([
    ['exactly the bound', [400, 600], 2, false],
    ['one byte more', [400, 601], 1, true],
    ['a frame larger than the bound, alone', [5_000], 1, false],
    ['two of them', [5_000, 5_000], 1, true],
    ['one of them behind a small one', [4, 5_000], 1, true],
    ['a small one behind what did not fit: order is kept', [600, 600, 4], 1, true],
  ])('%s', (_what, sizes, taken, paused) => {
    const { push, mailbox, source, inbound, limited } = make({ maxBytes: MAX_BYTES });
    for (const [n, size] of sizes.entries()) push(n, size);
    expect([mailbox.frames.length, source.paused]).toEqual([taken, Number(paused)]);
    expect(inbound.bytes).toBe(sizes.reduce((sum, size) => sum + size));
    expect(limited).toEqual(paused ? ['bytes waiting'] : []);
  });

  test('count from the socket to the answer; the socket is read again when half of them are free', () => {
    const { push, handle, answer, mailbox, source, inbound, sends } = make({ maxBytes: MAX_BYTES });
    for (const n of upTo(4)) push(n, 250);
    expect([source.paused, inbound.bytes]).toEqual([0, 1_000]);
    while (mailbox.frames.length > 0) handle('send');
    expect([sends, inbound.bytes]).toEqual([[250, 250, 250, 250], 1_000]);
    push(4, 250);
    expect([source.paused, inbound.bytes]).toEqual([1, 1_250]);
    answer();
    expect([source.paused, inbound.bytes, mailbox.frames.length]).toEqual([1, 1_000, 0]);
    answer();
    expect([source.paused, inbound.bytes, mailbox.frames.length]).toEqual([0, 750, 1]);
    handle();
    expect(inbound.bytes).toBe(500);
    for (const _ of upTo(2)) answer();
    expect(inbound.bytes).toBe(0);
  });

  test('a frame larger than the bound waits until all before it is answered, and is then let in', () => {
    const { push, handle, answer, seen, source, inbound } = make({ maxBytes: MAX_BYTES });
    push(0, 100);
    handle('send');
    push(1, 5_000);
    push(2, 100);
    inbound.release();
    expect([source.paused, inbound.bytes, inbound.length]).toEqual([1, 5_200, 2]);
    answer();
    handle('send');
    expect([source.paused, inbound.bytes]).toEqual([1, 5_100]);
    answer();
    handle();
    expect([source.paused, inbound.bytes, seen]).toEqual([0, 0, [0, 1, 2]]);
  });

  test('a send begun in no frame counts for none; one that cannot be read has none', () => {
    const { push, handle, mailbox, inbound } = make({ maxBytes: MAX_BYTES });
    inbound.push('wrong kind');
    inbound.taken(mailbox.frames.shift()!);
    push(1, 300);
    handle();
    expect([inbound.sendStarted(), inbound.inFlight, inbound.bytes]).toEqual([0, 1, 0]);
    inbound.sendEnded(0);
    expect(inbound.inFlight).toBe(0);
  });

  test('whatever comes in whatever sizes, and however late it is answered: bounded, complete and in order', () => {
    const act = fc.oneof(
      fc.record({ read: fc.array(fc.integer({ min: 4, max: 2_500 }), { minLength: 1, maxLength: 12 }) }),
      fc.record({ handle: fc.constantFrom('done' as const, 'send' as const) }),
      fc.record({ answer: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const { push, handle, answer, mailbox, source, inbound, seen, sends } = make({
          window: 8,
          maxBytes: MAX_BYTES,
        });
        let pushed = 0;
        let read = 0;
        for (const each of acts) {
          if ('read' in each && source.paused === 0) {
            for (const size of each.read) push(pushed++, size);
            read = each.read.reduce((sum, size) => sum + size);
          } else if ('handle' in each && mailbox.frames.length > 0) handle(each.handle);
          else if ('answer' in each && sends.length > 0) answer(each.answer % sends.length);
          const way = [...mailbox.frames.map(({ length }) => length), ...sends];
          const sum = way.reduce((all, size) => all + size, 0);
          expect(sum <= MAX_BYTES || way.length === 1).toBe(true);
          expect(inbound.bytes).toBeGreaterThanOrEqual(sum);
          expect(inbound.bytes).toBeLessThanOrEqual(Math.max(MAX_BYTES, ...way) + read);
          expect(source.paused).toBe(Number(inbound.paused));
        }
        while (mailbox.frames.length + sends.length > 0) {
          if (mailbox.frames.length > 0) handle('send');
          else answer();
        }
        expect(seen).toEqual(upTo(pushed));
        expect([source.paused, inbound.length, inbound.inFlight, inbound.bytes]).toEqual([0, 0, 0, 0]);
      }),
    );
  });
});
