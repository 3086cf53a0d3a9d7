import { describe, expect, test } from '@jest/globals';
import type { ActorRef, TellResult } from '#actor';
import { Inbound } from './inbound.js';

const INBOUND_WINDOW = 256;

/** A mailbox of which the test is the actor. */
class Mailbox {
  readonly frames: unknown[] = [];
  constructor(private readonly capacity = 1_000) {}
  tell(frame: unknown): TellResult {
    if (this.frames.length >= this.capacity) return 'full';
    this.frames.push(frame);
    return 'ok';
  }
}

function make(capacity?: number) {
  const mailbox = new Mailbox(capacity);
  const source = { paused: 0, pause: () => void source.paused++, resume: () => void source.paused-- };
  const limited: string[] = [];
  const host = { inbound: { window: INBOUND_WINDOW }, onLimit: (limit: string) => void limited.push(limit) };
  const inbound = new Inbound(source, mailbox as unknown as ActorRef<Buffer | 'wrong kind'>, host);
  const seen: number[] = [];
  /** Handles one frame, as the session does. */
  const handle = (): void => {
    const frame = mailbox.frames.shift() as Buffer;
    seen.push(frame.readUInt32BE());
    inbound.taken();
    inbound.release();
  };
  const push = (n: number): void => {
    const frame = Buffer.alloc(4);
    frame.writeUInt32BE(n);
    inbound.push(frame);
  };
  return { mailbox, source, inbound, seen, handle, push, limited };
}

describe('the way in', () => {
  test('pauses the socket when the window is full, and keeps in order what comes nevertheless', () => {
    const { source, mailbox, handle, push, seen, inbound } = make();
    for (let n = 0; n < INBOUND_WINDOW; n++) push(n);
    expect(source.paused).toBe(0);
    for (let n = INBOUND_WINDOW; n < INBOUND_WINDOW + 3_000; n++) push(n);
    expect([source.paused, inbound.paused]).toEqual([1, true]);
    while (mailbox.frames.length > 0) handle();
    expect(seen).toEqual(Array.from({ length: INBOUND_WINDOW + 3_000 }, (_, n) => n));
    expect([source.paused, inbound.paused, inbound.length]).toEqual([0, false, 0]);
  });

  test('a full mailbox pauses it as well', () => {
    const { source, mailbox, handle, push, seen } = make(4);
    for (let n = 0; n < 10; n++) push(n);
    expect([source.paused, mailbox.frames.length]).toEqual([1, 4]);
    while (mailbox.frames.length > 0) handle();
    expect(seen).toHaveLength(10);
    expect(source.paused).toBe(0);
  });

  test('sends that are not answered hold further frames back until they are', () => {
    const { source, mailbox, handle, push, inbound } = make();
    for (let n = 0; n < INBOUND_WINDOW + 50; n++) push(n);
    while (mailbox.frames.length > 0) {
      inbound.sendStarted();
      handle();
    }
    expect(inbound.inFlight).toBe(INBOUND_WINDOW);
    expect([source.paused, inbound.length]).toEqual([1, 50]);
    for (let n = 0; n < INBOUND_WINDOW; n++) inbound.sendEnded();
    expect([source.paused, mailbox.frames.length]).toEqual([0, 50]);
  });
});
