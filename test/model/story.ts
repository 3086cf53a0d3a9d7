import type { Engine } from '#engine';
import { HistoryRecorder, eventually, inboxOf, type Answer, type History, type RecordedClient } from '#testing';
import type { Composition } from './composition.js';

/** Content of the story's last message. */
export const THE_LAST = 'the last';

const numbered = (name: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${name}${from + i}`);

/**
 * A short day in which everything that PROTOCOL.md §4 promises is called upon once: two people write to a third, all at once, with
 * repetitions; the third leaves, is written to, and comes back on two devices;
 * and at the end somebody reads it all from the beginning.
 */
export class Story {
  private readonly recorder = new HistoryRecorder();
  private readonly answers: Promise<Answer | undefined>[] = [];

  /**
   * @param name keeps its people apart from those of other stories.
   * @param patienceMs how long a reader waits for what it is owed: of a broken server it may never come.
   */
  constructor(
    private readonly composition: Composition,
    private readonly name: string,
    private readonly patienceMs: number,
  ) {}

  async tell(): Promise<History> {
    const [alice, carol, phone] = await Promise.all(['alice', 'carol', 'bob'].map((who) => this.arrive(who)));
    await this.write(alice!, numbered('a', 1, 10), carol!, numbered('c', 1, 10));
    await this.write(alice!, numbered('a', 1, 3), carol!, numbered('c', 11, 12));
    await this.patiently(phone!);
    await this.leave(phone!);
    await this.write(alice!, numbered('a', 11, 20), carol!, []);
    const back = await this.arrive('bob');
    const laptop = await this.arrive('bob', { device: 'laptop', lastMessageId: 0 });
    await this.write(alice!, numbered('a', 21, 22), carol!, numbered('c', 13, 15));
    await this.write(alice!, [THE_LAST], carol!, []);
    for (const reader of [back, laptop]) await this.patiently(reader);
    await this.patiently(await this.arrive('bob', { device: 'newcomer', lastMessageId: 0 }));
    this.recorder.settled();
    return this.recorder.history();
  }

  private async arrive(who: string, fields: object = { device: 'phone' }): Promise<RecordedClient> {
    const client = this.recorder.record(await this.composition.connect());
    await client.register(`${who}-${this.name}`, fields);
    return client;
  }

  /** Both write at once, without waiting for answers in between; resolves when all are answered. */
  private async write(one: RecordedClient, ones: string[], two: RecordedClient, twos: string[]): Promise<void> {
    const to = `bob-${this.name}`;
    for (const id of ones) this.answers.push(one.message({ to, content: id, id }));
    for (const id of twos) this.answers.push(two.message({ to, content: id, id }));
    await Promise.all(this.answers);
  }

  /** In good order, and the cursor is known to be saved. */
  private async leave(reader: RecordedClient): Promise<void> {
    const { userId, position: messageId, inbox } = reader;
    const log = inboxOf(userId);
    await reader.close();
    const { log: logs }: Engine = this.composition.engine;
    await eventually(async () => {
      const { cursor } = await logs.open({ kind: 'inbox', id: userId }, { device: 'phone', create: false, limit: 1 });
      if (cursor < messageId) throw new Error(`saved as far as ${cursor} of ${messageId}`);
    });
    this.recorder.saved({ log, reader: userId, device: 'phone', epoch: inbox!.opened.epoch, messageId });
  }

  /** Waits for what the reader is owed. */
  private async patiently(reader: RecordedClient): Promise<void> {
    const answers = await Promise.all(this.answers);
    const newest = answers.reduce(
      (max, answer) => Math.max(max, answer?.kind === 'accepted' ? answer.messageId : 0),
      0,
    );
    await reader.seen(newest, this.patienceMs).catch(() => undefined);
  }
}
