import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect, type SwitchboardClient } from '#client';
import type { MessageEvent } from '#protocol';
import { Cluster, RedisServer, eventually } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;
const API_KEY = 'the-key-of-the-rolling-restart';
const PEOPLE = 60;
/** Each client sends a message about so often, ms. */
const EVERY_MS = 40;

/** One user who writes to the next, and to the room, for as long as it is told to; notes all that is accepted and all that comes. */
class Person {
  readonly accepted: string[] = [];
  readonly received: MessageEvent[] = [];
  readonly trouble: string[] = [];
  /** Longest time without a connection beyond the waits that were announced, ms. */
  longestOutageMs = 0;
  private lostAt: number | undefined;
  private announcedMs = 0;
  private talking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    readonly name: string,
    readonly client: SwitchboardClient,
  ) {
    client.onMessage((message) => this.received.push(message));
    client.on('fault', ({ reason }) => this.trouble.push(`fault: ${reason}`));
    client.on('resync', () => this.trouble.push('resync'));
    client.on('closed', ({ code, reason }) => code === 1000 || this.trouble.push(`closed: ${code} ${reason}`));
    client.on('reconnecting', ({ delayMs }) => {
      this.lostAt ??= performance.now();
      this.announcedMs += delayMs;
    });
    client.on('registered', () => {
      if (this.lostAt === undefined) return;
      this.longestOutageMs = Math.max(this.longestOutageMs, performance.now() - this.lostAt - this.announcedMs);
      this.lostAt = undefined;
      this.announcedMs = 0;
    });
  }

  talk(to: string): void {
    this.talking = this.goOn(to);
  }

  /** Resolves when all that was sent is accepted. */
  async hush(): Promise<void> {
    this.stopped = true;
    await this.talking;
  }

  private async goOn(to: string): Promise<void> {
    const sends: Promise<unknown>[] = [];
    for (let n = 1; !this.stopped; n++) {
      const content = `${this.name} ${n}`;
      const send = n % 10 === 0 ? this.client.post('room', content) : this.client.send(to, content);
      sends.push(send.then(() => this.accepted.push(content)).catch((error) => this.trouble.push(String(error))));
      await new Promise((done) => setTimeout(done, EVERY_MS));
    }
    await Promise.all(sends);
  }
}

const inboxOf = ({ received }: Person): MessageEvent[] =>
  received.filter(({ conversation }) => conversation === undefined);
const roomOf = ({ received }: Person): MessageEvent[] => received.filter(({ conversation }) => conversation === 'room');
const contents = (messages: readonly MessageEvent[]): string[] => messages.map(({ content }) => content);
const numbered = (messages: readonly MessageEvent[]): (number | undefined)[] =>
  messages.map(({ messageId }) => messageId);
const isPosted = (content: string): boolean => Number(content.split(' ')[1]) % 10 === 0;
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

withRedis('three gateways, two routers and two presence instances', () => {
  let cluster: Cluster;
  let people: Person[];

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.spawnRoles({ presence: 2, router: 2, gateway: 3 }, { API_KEY });
  }, 60_000);
  afterAll(async () => cluster.stop());

  beforeEach(async () => {
    const urls = ['gateway-01', 'gateway-02', 'gateway-03'].map((id) => cluster.gatewayUrl(id));
    people = await Promise.all(
      upTo(PEOPLE).map(async (n) => {
        const encoding = n % 2 === 0 ? 'json' : 'msgpack';
        const person = new Person(`user-${n}`, connect(urls, { encoding, backoff: { baseMs: 100, maxMs: 1_000 } }));
        await person.client.register(person.name, { ack: 'auto', lastMessageId: 0 });
        return person;
      }),
    );
    await Promise.all(
      people.map(({ name, client }) => join(name).then(() => client.subscribe('room', { lastMessageId: 0 }))),
    );
  }, 60_000);
  afterEach(async () => Promise.all(people.map(({ client }) => client.close())));

  const join = async (userId: string): Promise<void> => {
    const url = cluster.app('router-01').url(`/api/conversations/room/members/${userId}`);
    const answer = await fetch(url, { method: 'PUT', headers: { authorization: `Bearer ${API_KEY}` } });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };

  test('are restarted one by one under load, and no accepted message is lost or repeated', async () => {
    people.forEach((person, i) => person.talk(people[(i + 1) % PEOPLE]!.name));
    const codes = await cluster.rollAll();
    expect(Object.values(codes)).toEqual(Object.values(codes).map(() => 0));
    await Promise.all(people.map((person) => person.hush()));
    expect(people.flatMap(({ name, trouble }) => trouble.map((what) => `${name}: ${what}`))).toEqual([]);
    const posted = people.flatMap(({ accepted }) => accepted.filter(isPosted));
    await eventually(
      () => {
        people.forEach((person, i) => {
          const sender = people[(i + PEOPLE - 1) % PEOPLE]!;
          const direct = sender.accepted.filter((content) => !isPosted(content));
          expect(contents(inboxOf(person)).toSorted()).toEqual(direct.toSorted());
          expect(contents(roomOf(person)).toSorted()).toEqual(posted.toSorted());
        });
      },
      { timeoutMs: 30_000, everyMs: 200 },
    );
    for (const person of people) {
      // Contiguous ids: no gap, no repeat, in the order of the log.
      expect(numbered(inboxOf(person))).toEqual(upTo(inboxOf(person).length));
      expect(numbered(roomOf(person))).toEqual(upTo(posted.length));
    }
    const worst = Math.max(...people.map(({ longestOutageMs }) => longestOutageMs));
    const total = people.reduce((sum, { accepted }) => sum + accepted.length, 0);
    process.stdout.write(
      `rolling restart: ${total} messages, longest outage beyond back-off ${Math.round(worst)} ms\n`,
    );
  }, 240_000);
});
