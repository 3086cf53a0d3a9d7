import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Codec } from '#protocol';
import { entryOf } from '../testing/entry.js';
import { Kernel, turn } from '../testing/kernel.js';
import { CODECS } from './codecs.js';
import { Corker } from './corker.js';
import { Fastlane, type Follower, type Lane, type LaneShared } from './fastlane.js';
import { Delivery } from './outgoing.js';
import { Outbound } from './outbound.js';
import type { Positions } from './position.js';

const EPOCH = 'epoch-1';
const corker = new Corker();
const limits = { maxMessages: 5, maxBytes: 10_000 };
const [JSON_CODEC, MSGPACK] = CODECS as readonly [Codec, Codec];

/** What a session does for one that is in step, and how often it was asked to. */
class TestFollower implements Follower {
  lane: Lane | undefined;
  place = 0;
  unsaved = false;
  closed = false;
  identity = undefined;
  conversation = 'c';
  epoch = EPOCH;
  written = 0;
  readonly kernel = new Kernel({ highWaterMark: 16 * 1024 });
  readonly events: unknown[] = [];
  readonly outbound: Outbound;
  readonly session: Follower['session'];

  constructor(encoding = JSON_CODEC) {
    this.kernel.on('error', () => undefined);
    const owner = {
      onWritten: () => undefined,
      onBlocked: () => void this.events.push('blocked'),
      onUnblocked: () => undefined,
    };
    this.outbound = new Outbound(this.kernel, owner, { limits, corker });
    const offer = ({ entries }: Delivery) => this.events.push(['offer', ...entries.map((entry) => entry.messageId)]);
    this.session = { connection: { encoding, outbound: this.outbound }, offer };
  }

  onPushed(from: number, to: number): void {
    this.events.push(['pushed', from, to]);
  }

  onOut(position: number, unsaved: boolean): void {
    this.events.push(['out', position, unsaved]);
  }

  /** Contents, by write. */
  get got(): string[][] {
    return this.kernel.writes.map((chunks) =>
      chunks.flatMap((chunk) => [...chunk.matchAll(/"content":"([^"]*)"|(reply)/g)].map((m) => m[1] ?? m[2]!)),
    );
  }
}

const delivery = (...ids: readonly number[]): Delivery =>
  new Delivery(
    EPOCH,
    ids.map((id) => entryOf(id, { from: 'sender', conversation: 'c', kind: 'text', content: `m${id}` })),
    'c',
  );

describe('the fast lane', () => {
  let lane: Fastlane<TestFollower>;
  let alice: TestFollower;
  let bob: TestFollower;
  let out: TestFollower[];
  let delivered: number;
  let touched: Positions[];

  beforeEach(() => {
    [out, delivered, touched] = [[], 0, []];
    const shared: LaneShared = {
      corker,
      limits,
      onDelivered: (count) => (delivered += count),
      onWritten: (positions) => touched.push(positions),
    };
    lane = new Fastlane(shared, (follower) => out.push(follower));
    [alice, bob] = [new TestFollower(), new TestFollower()];
    for (const follower of [alice, bob]) expect(lane.join(follower, EPOCH, 7)).toBe(true);
  });

  test('what a turn brings is one write to each socket, and nothing is asked of its session', async () => {
    expect([lane.take(delivery(8)), lane.take(delivery(9, 10))]).toEqual([true, true]);
    expect([alice.got, lane.written]).toEqual([[], 7]);
    await turn();
    for (const follower of [alice, bob]) expect([follower.got, follower.events]).toEqual([[['m8', 'm9', 'm10']], []]);
    expect([lane.written, delivered, touched]).toEqual([10, 6, [lane]]);
    expect([...lane]).toEqual([alice, bob]);
  });

  test('each gets its own encoding', async () => {
    const carol = new TestFollower(MSGPACK);
    lane.join(carol, EPOCH, 7);
    lane.take(delivery(8));
    await turn();
    expect(alice.got).toEqual([['m8']]);
    expect(carol.kernel.writes[0]![0]).toContain('m8');
    expect(carol.kernel.writes[0]![0]).not.toContain('{"');
  });

  test('what no log holds moves nobody on', async () => {
    lane.take(delivery(0));
    lane.take(delivery(8));
    await turn();
    lane.take(delivery(0));
    await turn();
    expect([alice.got, lane.written]).toEqual([[['m0', 'm8'], ['m0']], 8]);
  });

  test.each([
    ['a gap', delivery(8, 10)],
    ['a repeat', delivery(7)],
    [
      'another life of the log',
      new Delivery('epoch-2', [entryOf(8, { from: 's', conversation: 'c', kind: 'text', content: '' })]),
    ],
  ])('%s lets everybody out with what they had, and what was gathered', async (_, next) => {
    lane.take(delivery(8));
    await turn();
    lane.take(delivery(9));
    expect(lane.take(next)).toBe(false);
    expect([lane.size, new Set(out)]).toEqual([0, new Set([alice, bob])]);
    await turn();
    for (const { got, events } of [alice, bob])
      expect([got, events]).toEqual([
        [['m8']],
        [
          ['out', 8, false],
          ['offer', 9],
        ],
      ]);
  });

  test('who comes in has to be where the others are, while nothing is under way', async () => {
    const carol = new TestFollower();
    expect([lane.join(carol, EPOCH, 6), lane.join(carol, EPOCH, 8), lane.join(carol, 'epoch-2', 7)]).toEqual([
      false,
      false,
      false,
    ]);
    lane.take(delivery(8));
    expect([lane.join(carol, EPOCH, 7), lane.join(carol, EPOCH, 8)]).toEqual([false, false]);
    await turn();
    expect([lane.join(carol, EPOCH, 8), carol.lane, lane.size]).toEqual([true, lane, 3]);
  });

  test('the first one says where it is', async () => {
    lane.dissolve();
    expect([lane.take(delivery(8)), lane.join(alice, 'epoch-2', 20), lane.written]).toEqual([false, true, 20]);
  });

  // A message is gathered → a session ends its subscription, or falls behind → the turn ends.
  test('who leaves before the write gets by mailbox what was gathered, and only that', async () => {
    lane.take(delivery(8));
    lane.leave(alice);
    lane.leave(alice);
    await turn();
    expect([alice.got, alice.events]).toEqual([
      [],
      [
        ['out', 7, false],
        ['offer', 8],
      ],
    ]);
    expect([bob.got, lane.size, delivered]).toEqual([[['m8']], 1, 1]);
  });

  test('the last one takes the place of one that leaves', async () => {
    const carol = new TestFollower();
    lane.join(carol, EPOCH, 7);
    lane.leave(alice);
    lane.leave(carol);
    lane.take(delivery(8));
    await turn();
    expect([alice.got, bob.got, carol.got]).toEqual([[], [['m8']], []]);
  });

  test('leaves in one write with what its session says in the same turn', async () => {
    alice.outbound.reply(Buffer.from('reply'));
    lane.take(delivery(8));
    await turn();
    expect(alice.kernel.writes).toHaveLength(1);
    expect([alice.got, alice.events]).toEqual([[['reply', 'm8']], [['pushed', 7, 8]]]);
    expect([bob.got, bob.events, delivered]).toEqual([[['m8']], [], 2]);
  });

  // The kernel takes half of a frame → the connection breaks: what it did not take must not count as delivered.
  test('what the kernel does not take counts as handed over, and what comes next waits behind it; the others go on', async () => {
    alice.kernel.holding = true;
    lane.take(delivery(8));
    await turn();
    expect([alice.events, bob.events, lane.written]).toEqual([[['pushed', 7, 8], 'blocked'], [], 8]);
    lane.take(delivery(9));
    await turn();
    expect([alice.got, bob.got]).toEqual([[['m8']], [['m8'], ['m9']]]);
    expect(alice.events.slice(2)).toEqual([['pushed', 8, 9]]);
    alice.kernel.holding = false;
    await alice.kernel.take();
    expect(alice.got.slice(1)).toEqual([['m9']]);
  });

  test('who has no room any more leaves, with what it was handed', async () => {
    alice.kernel.holding = true;
    for (let n = 8; n < 8 + limits.maxMessages + 2; n++) {
      lane.take(delivery(n));
      await turn();
    }
    expect(alice.events.slice(-2)).toEqual([
      ['out', 13, false],
      ['offer', 14],
    ]);
    expect([alice.lane, lane.size, bob.got.length, delivered]).toEqual([undefined, 1, 7, 13]);
  });

  // Its session writes much in the same turn → the kernel does not take that → there is no room for the lane's.
  test('who turns out to be blocked by what its session wrote is not written to', async () => {
    alice.kernel.holding = true;
    for (let n = 0; n < limits.maxMessages; n++) alice.outbound.push(Buffer.from('reply'), 0);
    lane.take(delivery(8));
    await turn();
    expect(alice.events).toEqual(['blocked', ['out', 7, false], ['offer', 8]]);
    expect([alice.got, bob.got, delivered]).toEqual([[Array(5).fill('reply')], [['m8']], 1]);
  });

  test('what is written to a broken socket does not count', async () => {
    alice.kernel.destroy();
    lane.take(delivery(8));
    await turn();
    expect([alice.got, alice.events]).toEqual([[], [['pushed', 7, 8]]]);
  });

  test('gathers no more than a socket may have waiting', async () => {
    lane.take(delivery(8, 9, 10));
    lane.take(delivery(11, 12));
    lane.take(delivery(13));
    expect(alice.got).toEqual([['m8', 'm9', 'm10', 'm11', 'm12']]);
    await turn();
    expect(alice.got.slice(1)).toEqual([['m13']]);
  });

  test('what cannot be encoded is left to each session', async () => {
    const broken = { messageId: 8, timestamp: 1, body: Buffer.from([0xc1]) };
    const carol = new TestFollower(MSGPACK);
    lane.join(carol, EPOCH, 7);
    lane.take(new Delivery(EPOCH, [broken], 'c'));
    await turn();
    for (const { got, events } of [alice, bob, carol])
      expect([got, events]).toEqual([
        [],
        [
          ['out', 7, false],
          ['offer', 8],
        ],
      ]);
  });

  test('who leaves is told whether all of it has been saved', () => {
    lane.unsaved = true;
    lane.leave(alice);
    expect(alice.events).toEqual([['out', 7, true]]);
  });
});
