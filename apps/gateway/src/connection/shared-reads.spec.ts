import { beforeEach, describe, expect, test } from '@jest/globals';
import { REFUSAL, type ReadConversationRequest, type ReadReply } from '#contract';
import { MeshError, type AskSink } from '#mesh';
import { jsonCodec } from '#protocol';
import { entryOf } from '../testing/entry.js';
import { turn } from '../testing/kernel.js';
import { Outgoing } from './outgoing.js';
import { SharedReads, type ConversationReads } from './shared-reads.js';

const PAGE: ReadReply = {
  epoch: 'e',
  lastMessageId: 2,
  firstMessageId: 1,
  entries: [1, 2].map((id) => entryOf(id, { from: 'a', conversation: 'c', kind: 'text', content: 'x' })),
};

/** Routers of which the test is the answer. */
class Routers implements ConversationReads {
  readonly asked: ReadConversationRequest[] = [];
  private readonly sinks: AskSink<ReadReply>[] = [];

  read(request: ReadConversationRequest, sink: AskSink<ReadReply>): void {
    this.asked.push(request);
    this.sinks.push(sink);
  }

  /** The oldest that waits. */
  answer(reply: ReadReply | MeshError = PAGE): void {
    const sink = this.sinks.shift()!;
    if (reply instanceof MeshError) sink.onError(reply);
    else sink.onReply(reply);
  }

  /** All that wait, and all that they ask then: whoever `members` does not name is none. */
  answerAll(members: ReadonlySet<string>): void {
    for (let n = this.asked.length - this.sinks.length; n < this.asked.length; n++) {
      const forbidden = this.asked[n]!.readers.some((reader) => !members.has(reader));
      this.answer(forbidden ? new MeshError('remote', 'no', REFUSAL.forbidden) : PAGE);
    }
  }
}

/** What a reader was told, once and no more. */
class Reader implements AskSink<ReadReply> {
  page: ReadReply | undefined;
  error: MeshError | undefined;
  times = 0;

  onReply(page: ReadReply): void {
    this.times++;
    this.page = page;
  }

  onError(error: MeshError): void {
    this.times++;
    this.error = error;
  }
}

describe('reads of a conversation', () => {
  let routers: Routers;
  let reads: SharedReads;

  const read = (userId: string, after = 0, conversation = 'c'): Reader => {
    const reader = new Reader();
    reads.read({ conversation, userId, after, limit: 200 }, reader);
    return reader;
  };

  beforeEach(() => {
    routers = new Routers();
    reads = new SharedReads(routers);
  });

  test('of one turn and one page are one, encoded once', async () => {
    const [alice, bob] = [read('alice'), read('bob')];
    await turn();
    expect(routers.asked).toEqual([{ conversation: 'c', readers: ['alice', 'bob'], after: 0, limit: 200 }]);
    routers.answer();
    expect([alice.times, bob.times, alice.page]).toEqual([1, 1, bob.page]);
    expect(alice.page).toMatchObject({ epoch: 'e', lastMessageId: 2, firstMessageId: 1 });
    const frames = [alice, bob].map(({ page }) => page!.entries.map((entry) => Outgoing.of(entry).frame(jsonCodec)));
    expect(frames[0]![1]).toBe(frames[1]![1]);
    expect(frames[0]).toEqual(PAGE.entries.map((entry) => new Outgoing(entry).frame(jsonCodec)));
  });

  test('of another place or another conversation are others', async () => {
    for (const [after, conversation] of [
      [0, 'c'],
      [1, 'c'],
      [0, 'd'],
      [1, 'c'],
    ] as const)
      read('alice', after, conversation);
    await turn();
    expect(routers.asked.map(({ conversation, after, readers }) => [conversation, after, readers.length])).toEqual([
      ['c', 0, 1],
      ['c', 1, 2],
      ['d', 0, 1],
    ]);
  });

  // A read is asked → a message is stored and its notice lost → somebody doubts: what the log held before is not the answer.
  test('are not joined once they are under way', async () => {
    const early = read('early');
    await turn();
    const late = read('late');
    routers.answer();
    expect([early.times, late.times]).toEqual([1, 0]);
    await turn();
    expect(routers.asked.map(({ readers }) => readers)).toEqual([['early'], ['late']]);
    routers.answer({ ...PAGE, lastMessageId: 3 });
    expect(late.page?.lastMessageId).toBe(3);
  });

  test('are for 500 at most', async () => {
    const readers = Array.from({ length: 1_200 }, (_, i) => read(`user ${i}`));
    await turn();
    expect(routers.asked.map((request) => request.readers.length)).toEqual([500, 500, 200]);
    for (let n = 0; n < 3; n++) routers.answer();
    expect(readers.every(({ times, page }) => times === 1 && page)).toBe(true);
  });

  test('that fail fail for all', async () => {
    const readers = [read('alice'), read('bob')];
    await turn();
    routers.answer(new MeshError('timeout', 'no answer'));
    expect(readers.map(({ times, error }) => [times, error?.code])).toEqual([
      [1, 'timeout'],
      [1, 'timeout'],
    ]);
    expect(routers.asked).toHaveLength(1);
  });

  test('are refused to those who are no members any more, and to nobody else', async () => {
    const users = Array.from({ length: 21 }, (_, i) => `user ${i}`);
    const readers = users.map((user) => read(user));
    const gone = new Set(['user 0', 'user 13']);
    await turn();
    routers.answerAll(new Set(users.filter((user) => !gone.has(user))));
    expect(readers.map(({ times }) => times)).toEqual(users.map(() => 1));
    const refused = users.filter((_, i) => readers[i]!.error?.remoteCode === REFUSAL.forbidden);
    expect(refused).toEqual([...gone]);
    expect(readers.filter(({ page }) => page)).toHaveLength(19);
  });

  test('reach everybody, though the first to be told has a fault', async () => {
    const faulty = {
      onReply: () => {
        throw new Error('a fault');
      },
      onError: () => undefined,
    };
    reads.read({ conversation: 'c', userId: 'faulty', after: 0, limit: 200 }, faulty);
    const alice = read('alice');
    await turn();
    expect(() => routers.answer()).toThrow('a fault');
    expect(alice.times).toBe(1);
  });
});
