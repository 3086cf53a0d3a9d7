import { describe, expect, it } from '@jest/globals';
import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  type Arbitrary,
} from 'fast-check';
import type { ActorContext } from '#actor';
import { Gate, Scripted, Stage } from './stage.suite.js';

/** How the actor takes a message. */
type Manner = 'plain' | 'slow' | 'boom' | 'slow boom' | 'batch' | 'stash' | 'unstash' | 'stop' | 'tell on';
type Step =
  | { readonly do: 'tell'; readonly key: number; readonly manner: Manner }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'open' | 'turn' | 'settle' }
  | { readonly do: 'stop'; readonly key: number };

const key = integer({ min: 0, max: 2 });
const manner = constantFrom<Manner[]>(
  'plain',
  'slow',
  'boom',
  'slow boom',
  'batch',
  'stash',
  'unstash',
  'stop',
  'tell on',
);
const step: Arbitrary<Step> = oneof(
  { weight: 8, arbitrary: record({ do: constant('tell' as const), key, manner }) },
  { weight: 2, arbitrary: record({ do: constant('advance' as const), ms: constantFrom(1, 30, 150) }) },
  { weight: 4, arbitrary: record({ do: constantFrom('open' as const, 'turn' as const, 'settle' as const) }) },
  { weight: 1, arbitrary: record({ do: constant('stop' as const), key }) },
);

interface Message {
  readonly id: number;
  readonly manner: Manner;
}

/**
 * The model: every message that was taken (`ok`) is handled once, in the order it was told to its key, or is a dead letter, once; and a
 * key has never two instances, nor does an instance ever handle two messages at a time. Whatever fails, stops, restarts or is passivated meanwhile.
 */
class World {
  readonly stage = new Stage();
  readonly taken = new Set<number>();
  readonly handled: number[] = [];
  readonly faults: string[] = [];
  private readonly gates: Gate[] = [];
  private readonly live = new Map<string, Scripted<Message>>();
  private readonly last = new Map<string, number>();
  private told = 0;

  private readonly kind = this.stage.system.register<Message>({
    kind: 'k',
    idleMs: 80,
    mailboxCapacity: 4,
    supervision: { decide: () => 'restart', maxRestarts: 2, withinMs: 100, backoffMs: 20, maxBackoffMs: 20 },
    create: () => this.instance(),
  });

  async take(one: Step): Promise<void> {
    if (one.do === 'tell') this.tell(`${one.key}`, one.manner);
    else if (one.do === 'advance') this.stage.clock.advance(one.ms);
    else if (one.do === 'turn') this.stage.turn();
    else if (one.do === 'settle') await this.stage.settle();
    else if (one.do === 'open') this.gates.shift()?.open();
    else if (one.do === 'stop') this.kind.ref(`${one.key}`).stop();
  }

  tell(to: string, how: Manner): void {
    const id = ++this.told;
    if (this.kind.tell(to, { id, manner: how }) === 'ok') this.taken.add(id);
  }

  async finish(): Promise<void> {
    const stopped = this.stage.system.stop();
    for (let n = 0; n < 20; n++) {
      await this.stage.settle();
      for (const gate of this.gates.splice(0)) gate.open();
    }
    await stopped;
  }

  private slow(): Promise<void> {
    const gate = new Gate();
    this.gates.push(gate);
    return gate.passed;
  }

  private instance(): Scripted<Message> {
    let busy = false;
    const self: Scripted<Message> = new Scripted<Message>({
      started: ({ key: own }) => {
        if (this.live.has(own)) this.faults.push(`two instances of ${own}`);
        this.live.set(own, self);
        // A new instance may see what its predecessor had stashed.
        this.last.delete(own);
      },
      restarting: (_, context) => void this.live.delete(context.key),
      stopped: async ({ key: own }) => {
        await this.slow();
        this.live.delete(own);
      },
      receive: (message, context) => {
        if (message.manner !== 'plain') return handle(message, context);
        if (busy) this.faults.push('two messages at a time');
        this.see(context.key, message);
      },
    });
    const handle = async (message: Message, context: ActorContext<Message>): Promise<void> => {
      if (busy) this.faults.push('two messages at a time');
      busy = true;
      try {
        if (message.manner === 'stash' && context.stash()) return;
        this.see(context.key, message);
        if (message.manner === 'batch') for (const more of context.takeAll()) this.see(context.key, more);
        if (message.manner.startsWith('slow')) await this.slow();
        if (message.manner.endsWith('boom')) throw new Error('boom');
        if (message.manner === 'unstash') this.unstash(context);
        if (message.manner === 'stop') context.stop();
        if (message.manner === 'tell on') this.tell(context.key, 'plain');
      } finally {
        busy = false;
      }
    };
    return self;
  }

  private unstash(context: ActorContext<Message>): void {
    context.unstashAll();
    this.last.delete(context.key);
  }

  private see(own: string, { id, manner: how }: Message): void {
    if (how !== 'stash' && id < (this.last.get(own) ?? 0)) this.faults.push(`${id} after ${this.last.get(own)}`);
    this.last.set(own, id);
    this.handled.push(id);
  }
}

describe('whatever happens in whatever order', () => {
  it('each message is handled once, in order, or is a dead letter; never two at a time', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 60 }), async (steps) => {
        const world = new World();
        for (const one of steps) await world.take(one);
        await world.finish();
        const buried = world.stage.letters.map(({ message }) => (message as Message).id);
        const ended = [...world.handled, ...buried.filter((id) => world.taken.has(id))];
        expect(world.faults).toEqual([]);
        expect(ended.sort((a, b) => a - b)).toEqual([...world.taken].sort((a, b) => a - b));
        expect(world.stage.clock.pending).toBe(0);
        expect(world.stage.system.stats().virtual).toEqual({ k: 0 });
      }),
      { numRuns: 300 },
    );
  });
});
