import { describe, expect, test } from '@jest/globals';
import type { OpenReply, ReadReply, WireEntry } from '#contract';
import { MeshError, type AskSink } from '#mesh';
import { entryOf } from '../testing/entry.js';
import { Feed, type FeedOwner } from './feed.js';
import { HELD_MAX_ENTRIES } from './log-cursor.js';
import { Delivery, type Outgoing } from './outgoing.js';

const entries = (from: number, to: number): WireEntry[] =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    entryOf(from + i, { from: 'a', to: 'b', kind: 'text', content: 'x' }),
  );

/** A session of which the test is the socket and the log. */
class Rig implements FeedOwner {
  readonly written: number[] = [];
  readonly reads: number[] = [];
  readonly retries: number[] = [];
  caughtUp: boolean | undefined;
  forbidden = false;
  slots = Infinity;
  lost: string | undefined;
  room = Infinity;
  feed!: Feed;
  private sink: AskSink<ReadReply> | undefined;

  open(opened: Partial<OpenReply>): this {
    this.feed = new Feed(this, { epoch: 'e', lastMessageId: 0, cursor: 0, resumed: true, entries: [], ...opened });
    this.feed.advance();
    return this;
  }

  live(from: number, to = from): void {
    this.feed.deliver(new Delivery('e', entries(from, to)));
  }

  page(from: number, to: number, lastMessageId = to, more: Partial<ReadReply> = {}): void {
    this.sink?.onReply({ epoch: 'e', lastMessageId, firstMessageId: 1, entries: entries(from, to), ...more });
  }

  fails(refusal?: string): void {
    this.sink?.onError(refusal ? new MeshError('remote', 'no', refusal) : new MeshError('timeout', 'no answer'));
  }

  drains(room = Infinity): void {
    this.room = room;
    this.feed.advance();
  }

  hasRoom = (): boolean => this.room > 0 && this.lost === undefined;
  write = (entry: Outgoing): void => {
    this.room--;
    this.written.push(entry.messageId);
  };
  read = (after: number, sink: AskSink<ReadReply>): void => {
    this.reads.push(after);
    this.sink = sink;
  };
  mayRead = (): boolean => this.slots > 0;
  onForbidden = (): void => void (this.forbidden = true);
  wake = (): void => this.feed.advance();
  retryAfter = (ms: number): void => void this.retries.push(ms);
  onCaughtUp = (caughtUp: boolean): void => void (this.caughtUp = caughtUp);
  onLost = (reason: string): void => void (this.lost = reason);
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('a feed', () => {
  test('with nothing missed is live at once', () => {
    const rig = new Rig().open({});
    expect(rig.caughtUp).toBe(true);
    rig.live(1);
    rig.live(2, 4);
    expect(rig.written).toEqual([1, 2, 3, 4]);
    expect(rig.reads).toEqual([]);
  });

  test('writes the first page, reads the next ones one after the other, then is live', () => {
    const rig = new Rig().open({ lastMessageId: 7, entries: entries(1, 3) });
    expect([rig.written, rig.reads, rig.caughtUp]).toEqual([[1, 2, 3], [3], false]);
    rig.page(4, 6, 7);
    expect(rig.reads).toEqual([3, 6]);
    rig.page(7, 7);
    expect([rig.written, rig.caughtUp]).toEqual([upTo(7), true]);
  });

  test('waits for the socket within a page, and reads no further page before it has room', () => {
    const rig = new Rig();
    rig.room = 2;
    rig.open({ lastMessageId: 8, entries: entries(1, 4) });
    expect([rig.written, rig.reads]).toEqual([[1, 2], []]);
    rig.drains(2);
    expect([rig.written, rig.reads]).toEqual([[1, 2, 3, 4], []]);
    rig.drains(10);
    expect(rig.reads).toEqual([4]);
  });

  test('what arrives while the backlog is read follows it, without another read', () => {
    const rig = new Rig().open({ lastMessageId: 4, entries: entries(1, 2) });
    rig.live(5, 6);
    expect(rig.written).toEqual([1, 2]);
    rig.page(3, 4);
    expect([rig.written, rig.caughtUp]).toEqual([upTo(6), true]);
    expect(rig.reads).toEqual([2]);
  });

  test('what arrives twice, live and in the page, is written once', () => {
    const rig = new Rig().open({ lastMessageId: 2, entries: entries(1, 1) });
    rig.live(2, 3);
    rig.page(2, 3);
    expect([rig.written, rig.caughtUp]).toEqual([[1, 2, 3], true]);
  });

  test('more than it may keep is left to the log, which is read past it', () => {
    const rig = new Rig().open({ lastMessageId: 1, entries: [] });
    for (let id = 2; id < 2 + HELD_MAX_ENTRIES + 1; id++) rig.live(id);
    const newest = HELD_MAX_ENTRIES + 2;
    rig.page(1, 30, newest);
    rig.page(31, newest);
    expect([rig.written, rig.caughtUp]).toEqual([upTo(newest), true]);
  });

  test('a gap among live messages is filled from the log', () => {
    const rig = new Rig().open({});
    rig.live(1);
    rig.live(4);
    expect([rig.written, rig.reads, rig.caughtUp]).toEqual([[1], [1], false]);
    rig.page(2, 3);
    expect([rig.written, rig.caughtUp]).toEqual([upTo(4), true]);
  });

  test('a socket that is full is pushed nothing; what it missed is read when it has drained', () => {
    const rig = new Rig().open({});
    rig.room = 0;
    rig.live(1, 200);
    expect([rig.written, rig.caughtUp]).toEqual([[], false]);
    rig.drains();
    rig.page(1, 150, 200);
    rig.page(151, 200);
    expect([rig.written, rig.caughtUp]).toEqual([upTo(200), true]);
  });

  test('a failed read is tried again, later each time', () => {
    const rig = new Rig().open({ lastMessageId: 1 });
    for (let n = 0; n < 8; n++) {
      rig.fails();
      rig.live(n + 2);
      expect(rig.reads).toHaveLength(n + 1);
      rig.feed.retry();
    }
    expect(rig.retries[0]).toBeLessThanOrEqual(100);
    expect(rig.retries.at(-1)).toBeGreaterThanOrEqual(2_500);
    expect(rig.retries.at(-1)).toBeLessThanOrEqual(5_000);
    rig.page(1, 9);
    expect([rig.written, rig.caughtUp]).toEqual([upTo(9), true]);
  });

  test('a doubt is answered by one look into the log; one that comes up during a read by another', () => {
    const rig = new Rig().open({});
    rig.feed.doubt();
    rig.feed.advance();
    expect([rig.reads, rig.caughtUp]).toEqual([[0], false]);
    rig.feed.doubt();
    rig.page(1, 2);
    expect(rig.reads).toEqual([0, 2]);
    rig.page(3, 2);
    expect([rig.written, rig.reads, rig.caughtUp]).toEqual([[1, 2], [0, 2], true]);
  });

  test('an empty page says that this is all, but not of what was heard since it was asked for', () => {
    const rig = new Rig().open({ lastMessageId: 5, cursor: 3 });
    rig.live(7);
    rig.page(4, 3, 3);
    expect([rig.written, rig.reads, rig.caughtUp]).toEqual([[], [3, 3], false]);
    rig.page(4, 6, 7);
    expect([rig.written, rig.caughtUp]).toEqual([[4, 5, 6, 7], true]);
    const short = new Rig().open({ lastMessageId: 5, cursor: 3 });
    short.page(4, 3, 3);
    expect(short.caughtUp).toBe(true);
  });

  test('a log that says there is more and gives nothing is asked again later, not at once', () => {
    const rig = new Rig().open({ lastMessageId: 5 });
    rig.page(1, 0, 5);
    expect([rig.reads, rig.retries.length]).toEqual([[0], 1]);
  });

  test('another epoch, or a log trimmed past the cursor, is said, never skipped', () => {
    const lost = new Rig().open({ lastMessageId: 5, cursor: 2 });
    lost.page(3, 5, 5, { epoch: 'another' });
    expect([lost.written, lost.lost]).toEqual([[], 'the log was lost']);
    const trimmed = new Rig().open({ lastMessageId: 5, cursor: 2 });
    trimmed.page(5, 5, 5, { firstMessageId: 5 });
    expect([trimmed.written, trimmed.lost]).toEqual([[], 'messages were trimmed']);
    const torn = new Rig().open({ lastMessageId: 5, cursor: 2 });
    torn.page(4, 5);
    expect([torn.written, torn.lost]).toEqual([[], 'the log has a gap']);
    const rewound = new Rig().open({ lastMessageId: 5, cursor: 5 });
    rewound.feed.doubt();
    rewound.feed.advance();
    rewound.page(1, 0, 4);
    expect([rewound.written, rewound.lost]).toEqual([[], 'the log has lost its end']);
  });

  // Interleaving: 5 is written → Redis fails over to a replica that has only 4 → a new message becomes 5.
  test('a live message under an id that was written makes it look into the log, which knows', () => {
    const rig = new Rig().open({ lastMessageId: 6, cursor: 6 });
    rig.live(5);
    expect([rig.written, rig.reads]).toEqual([[], [6]]);
    rig.page(1, 0, 5);
    expect(rig.lost).toBe('the log has lost its end');
    const repeated = new Rig().open({ lastMessageId: 6, cursor: 6 });
    repeated.live(5);
    repeated.page(1, 0, 6);
    expect([repeated.lost, repeated.caughtUp, repeated.written]).toEqual([undefined, true, []]);
  });

  test('a notice of another epoch makes it look into the log, which knows', () => {
    const rig = new Rig().open({ lastMessageId: 2, entries: entries(1, 2) });
    rig.feed.deliver(new Delivery('older', entries(9, 9)));
    expect([rig.written, rig.reads]).toEqual([[1, 2], [2]]);
    rig.page(3, 2, 2);
    expect([rig.lost, rig.caughtUp]).toEqual([undefined, true]);
  });

  test('that may not read yet says that it is hungry, and reads when it may', () => {
    const rig = new Rig();
    rig.slots = 0;
    rig.open({ lastMessageId: 2 });
    expect([rig.reads, rig.feed.hungry, rig.feed.loading, rig.caughtUp]).toEqual([[], true, false, false]);
    rig.slots = 1;
    rig.feed.advance();
    expect([rig.reads, rig.feed.hungry, rig.feed.loading]).toEqual([[0], false, true]);
    rig.fails();
    expect([rig.feed.hungry, rig.feed.loading]).toEqual([false, false]);
  });

  test('whose reader may not read the log any more says so, and does not ask again', () => {
    const rig = new Rig().open({ lastMessageId: 2 });
    rig.fails('forbidden');
    expect([rig.forbidden, rig.retries]).toEqual([true, []]);
  });

  test('ephemeral messages pass where there is room, and are dropped where there is none', () => {
    const rig = new Rig().open({ lastMessageId: 3 });
    const typing = { messageId: 0, timestamp: 1, body: entries(1, 1)[0]!.body };
    rig.feed.deliver(new Delivery('', [typing]));
    expect(rig.written).toEqual([0]);
    rig.room = 0;
    rig.feed.deliver(new Delivery('', [typing]));
    expect(rig.written).toEqual([0]);
  });
});
