import { describe, expect, it } from '@jest/globals';
import { ActorSystem, type ActorRef } from '#actor';
import { eventually } from '#testing';
import { scripted } from './stage.suite.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A million messages: a bound for a run that hangs, far above what a busy machine takes. */
const LONG_MS = 300_000;

describe('no wake-up is lost', () => {
  const PRODUCERS = 100;
  const EACH = 10_000;
  type Message = { readonly producer: number; readonly n: number };

  /** Checks that the messages of each producer come in order, each once. */
  class Check {
    readonly next = numbers(PRODUCERS).fill(0);
    handled = 0;
    running = 0;
    see({ producer, n }: Message): void {
      if (this.next[producer] !== n) throw new Error(`${producer}: ${n} in place of ${this.next[producer]}`);
      this.next[producer] = n + 1;
      this.handled++;
    }
  }

  /** Each producer tells in bursts of its own length, a turn apart, and waits while the mailbox is full. */
  async function produce(actor: ActorRef<Message>, producer: number): Promise<void> {
    for (let n = 0; n < EACH;) {
      for (let burst = 0; burst <= producer && n < EACH; burst++) {
        if (actor.tell({ producer, n }) === 'full') await turn();
        else n++;
      }
      await (producer % 3 === 0 ? Promise.resolve() : turn());
    }
  }

  async function run(receive: (message: Message, check: Check) => void | Promise<void>): Promise<void> {
    const check = new Check();
    const failures: unknown[] = [];
    const system = new ActorSystem({ onFailure: ({ error }) => failures.push(error) });
    const script = { receive: (message: Message) => receive(message, check) };
    const actor = system.spawn<Message>({ create: scripted(script) });
    await Promise.all(numbers(PRODUCERS).map((producer) => produce(actor, producer)));
    while (check.handled < PRODUCERS * EACH && failures.length === 0) await turn();
    expect(failures).toEqual([]);
    expect(check.next).toEqual(numbers(PRODUCERS).fill(EACH));
    await system.stop();
  }

  it('with 100 producers of 10,000 messages', () => run((message, check) => check.see(message)), LONG_MS);

  it(
    'with an async receiver',
    () =>
      run(async (message, check) => {
        if (check.running++ > 0) throw new Error('two at once');
        await Promise.resolve();
        check.see(message);
        check.running--;
      }),
    LONG_MS,
  );

  it(
    'with a receiver that is async now and then',
    () =>
      run((message, check) => {
        check.see(message);
        if (message.n % 101 === 0) return turn();
      }),
    LONG_MS,
  );

  it('when a message comes at the very moment an actor goes idle', async () => {
    let told = 0;
    let seen = 0;
    // `received` runs after a message is done and before the look into the mailbox.
    const received = (actor: ActorRef<never>): void => {
      if (told++ < 3) actor.tell(told as never);
    };
    const system = new ActorSystem({ middleware: [{ received }] });
    for (const receive of [() => void seen++, () => Promise.resolve(void seen++)]) {
      told = 0;
      seen = 0;
      system.spawn<number>({ create: scripted({ receive }) }).tell(0);
      await eventually(() => expect(seen).toBe(4));
    }
  });
});
