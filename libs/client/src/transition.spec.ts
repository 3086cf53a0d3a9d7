import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ServerEvent } from '#protocol';
import { IDLE } from './connection.js';
import type { Connection, Effect, Input, Surroundings } from './connection.js';
import { settle } from './options.js';
import { transition } from './transition.js';

const HEARTBEAT = { intervalMs: 30_000, timeoutMs: 90_000 };
const event = (partial: object): ServerEvent => partial as ServerEvent;

/** The world that the machine acts on, reduced to what must never go wrong in it. */
class World {
  state: Connection = IDLE;
  hasSocket = false;
  hasTimer = false;
  ends = 0;
  delivered: number[] = [];
  private now = 0;

  feed(input: Input): void {
    if (!this.mayCome(input)) return;
    if (input.type === 'timer') this.hasTimer = false;
    if (input.type === 'dropped') this.hasSocket = false;
    this.now += 1_000;
    const world: Surroundings = { timing: settle({}).timing, now: this.now, random: () => 0.5 };
    const before = this.state.phase;
    const [next, effects] = transition(this.state, input, world);
    if (next.phase !== before) this.hasTimer = false;
    this.state = next;
    for (const effect of effects) this.perform(effect);
  }

  private mayCome(input: Input): boolean {
    if (input.type === 'timer') return this.hasTimer;
    return input.type === 'register' || input.type === 'close' || this.hasSocket;
  }

  private perform(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        expect(this.hasSocket).toBe(false);
        this.hasSocket = true;
        break;
      case 'abandon':
        this.hasSocket = false;
        break;
      case 'transmit':
      case 'hangUp':
        expect(this.hasSocket).toBe(true);
        break;
      case 'wait':
        expect(effect.ms).toBeGreaterThanOrEqual(0);
        this.hasTimer = true;
        break;
      case 'deliver':
        this.delivered.push(effect.message.messageId ?? 0);
        break;
      case 'end':
        this.ends++;
        break;
      default:
    }
  }
}

const registered = (resumed: boolean, epoch: string, lastMessageId: number) =>
  event({ type: 'registered', ref: 'register', epoch, lastMessageId, heartbeat: HEARTBEAT, resumed });

const frames: fc.Arbitrary<ServerEvent> = fc.oneof(
  fc.tuple(fc.boolean(), fc.constantFrom('e1', 'e2'), fc.nat(3)).map((fields) => registered(...fields)),
  fc.nat(8).map((messageId) => event({ type: 'message', messageId })),
  fc
    .constantFrom('WS_UNAVAILABLE', 'WS_AUTH_FAILED', 'WS_OF_THE_FUTURE')
    .map((code) => event({ type: 'error', ref: 'register', code })),
  fc.constantFrom(event({ type: 'pong' }), event({ type: 'future' }), event({ type: 'closing', reconnectAfterMs: 50 })),
  fc.constantFrom(event({ type: 'error', code: 'WS_INVALID_MESSAGE' }), event({ type: 'accepted', ref: 1 })),
);

const inputs: fc.Arbitrary<Input> = fc.oneof(
  { weight: 5, arbitrary: frames.map((frame): Input => ({ type: 'frame', event: frame })) },
  { weight: 3, arbitrary: fc.constant<Input>({ type: 'timer' }) },
  { weight: 3, arbitrary: fc.constant<Input>({ type: 'opened' }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(1000, 1006, 1012, 4000, 4501)
      .map((code): Input => ({ type: 'dropped', code, reason: '' })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Input>({ type: 'close' }, { type: 'register', identity: { userId: 'b' }, cursor: {} }),
  },
);

describe('the life of a connection, whatever happens in whatever order', () => {
  test('has one socket at most, is never stuck without a timer, and ends once', () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 60 }), (all) => {
        const world = new World();
        world.feed({ type: 'register', identity: { userId: 'alice' }, cursor: {} });
        for (const input of all) {
          world.feed(input);
          const over = world.state.phase === 'closed';
          expect(world.hasTimer).toBe(!over);
          expect(world.ends).toBe(over ? 1 : 0);
          if (over || world.state.phase === 'waiting') expect(world.hasSocket).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('delivers ids that only go up, as long as the log is the same', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8), { maxLength: 40 }), (messageIds) => {
        const world = new World();
        world.feed({ type: 'register', identity: { userId: 'alice' }, cursor: {} });
        for (const messageId of messageIds) {
          world.feed({ type: 'opened' });
          world.feed({ type: 'frame', event: registered(true, 'e1', 9) });
          world.feed({ type: 'frame', event: event({ type: 'message', messageId }) });
          if (messageId % 3 === 0) world.feed({ type: 'dropped', code: 1006, reason: '' });
          world.feed({ type: 'timer' });
        }
        expect(world.delivered).toEqual([...new Set(world.delivered)].sort((a, b) => a - b));
      }),
    );
  });

  test('backs off further with each failure, and anew after a connection that held', () => {
    const world: Surroundings = { timing: settle({}).timing, now: 0, random: () => 0.999 };
    const waits: number[] = [];
    let state: Connection = { ...IDLE, phase: 'connecting', identity: { userId: 'alice' } };
    const feed = (input: Input, now = 0) => {
      const [next, effects] = transition(state, input, { ...world, now });
      state = next;
      const wait = effects.find((effect) => effect.do === 'wait');
      if (input.type === 'dropped' && wait) waits.push(wait.ms);
    };
    for (let i = 0; i < 8; i++) {
      feed({ type: 'dropped', code: 1006, reason: '' });
      feed({ type: 'timer' });
    }
    feed({ type: 'opened' });
    feed({ type: 'frame', event: registered(true, 'e1', 1) });
    feed({ type: 'dropped', code: 1006, reason: '' }, 5_000);
    expect(waits).toEqual([499, 999, 1998, 3996, 7992, 15_984, 29_970, 29_970, 499]);
  });
});
