import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, HistoryRecorder, RedisServer, findFaults, type Answer, type RecordedClient } from '#testing';

const SENDERS = 4;
const MESSAGES = 3_000;
/** How long the recipient stays on a connection, ms. */
const STAY_MS = 100;
const GATEWAYS = ['gateway-01', 'gateway-02'] as const;

const withRedis = RedisServer.available ? describe : describe.skip;

withRedis('one recipient who reconnects all the time, between two gateways and two routers', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    await Promise.all([cluster.spawnAll(GATEWAYS.length), cluster.spawn('router', 'router-02')]);
  }, 60_000);
  afterAll(async () => cluster.stop());

  /** How a recipient leaves and comes back. */
  interface Habits {
    readonly leave: (client: RecordedClient, visit: number) => Promise<void>;
    readonly cursor: (position: number, epoch: string | undefined) => object;
  }

  /** One after the other, each once the one before is accepted. */
  const write = async (sender: RecordedClient, to: string, count: number): Promise<(Answer | undefined)[]> => {
    const answers: (Answer | undefined)[] = [];
    for (let i = 1; i <= count; i++) {
      const id = `${sender.userId}-${i}`;
      answers.push(await sender.message({ to, content: id, id }));
    }
    return answers;
  };

  /** Comes and goes until `done`, then stays; resolves when it has seen everything. */
  const readAll = async (
    recorder: HistoryRecorder,
    user: string,
    habits: Habits,
    done: Promise<unknown>,
  ): Promise<number> => {
    let writing = true;
    void done.finally(() => (writing = false));
    let [position, epoch]: [number, string | undefined] = [0, undefined];
    for (let visit = 0; ; visit++) {
      const client = recorder.record(await cluster.connect(GATEWAYS[visit % GATEWAYS.length]!));
      expect(await client.register(user, habits.cursor(position, epoch))).toMatchObject({ type: 'registered' });
      if (!writing) {
        if (position < MESSAGES) await client.seen(MESSAGES, 30_000);
        return visit;
      }
      await delay(STAY_MS);
      await habits.leave(client, visit);
      position = Math.max(position, client.position);
      epoch = client.inbox?.opened.epoch;
    }
  };

  const HABITS: readonly (readonly [string, string, Habits])[] = [
    [
      'says where it was, and leaves as often in good order as not',
      'bob',
      {
        leave: async (client, visit) => (visit % 3 === 0 ? client.close() : client.cut()),
        cursor: (lastMessageId, epoch) => ({ lastMessageId, epoch }),
      },
    ],
    [
      'trusts the server to know where it was, and leaves in good order',
      'rob',
      { leave: async (client) => client.close(), cursor: () => ({ device: 'phone' }) },
    ],
  ];

  test.each(HABITS)(
    'that %s gets every message',
    async (_what, user, habits) => {
      const recorder = new HistoryRecorder();
      const senders = Array.from({ length: SENDERS }, async (_, i) => {
        const sender = recorder.record(await cluster.connect(GATEWAYS[i % GATEWAYS.length]!));
        await sender.register(`sender-${i + 1}`);
        return sender;
      });
      const writing = Promise.all(
        (await Promise.all(senders)).map((sender) => write(sender, user, MESSAGES / SENDERS)),
      );
      const visits = await readAll(recorder, user, habits, writing);

      const answers = (await writing).flat();
      expect(answers.filter((answer) => answer?.kind !== 'accepted')).toEqual([]);
      recorder.settled();
      const history = recorder.history();
      expect(findFaults(history)).toEqual([]);
      const seen = history.views.filter(({ log }) => log === `inbox:${user}`).flatMap(({ messages }) => messages);
      const ids = [...new Set(seen.map(({ messageId }) => messageId))].sort((a, b) => a - b);
      expect(ids).toEqual(Array.from({ length: MESSAGES }, (_, i) => i + 1));
      expect(new Set(seen.map(({ content }) => content)).size).toBe(MESSAGES);
      expect(visits).toBeGreaterThan(3);
    },
    120_000,
  );
});
