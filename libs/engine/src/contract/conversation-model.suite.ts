import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Acknowledgement, Engine } from '../port.js';
import { conversation, gateway, written, type EngineHarness } from './harness.js';

const USERS = ['alice', 'bob', 'carol'] as const;
const GATEWAYS = ['gateway-01', 'gateway-02'] as const;

interface Place {
  delivered: number;
  read: number;
}

/** What a conversation is: texts, members with their places, what has been seen, and which gateways listen. */
class ConversationModel {
  readonly members = new Map<string, Place>();
  readonly subscribers = new Set<string>();
  private readonly texts: string[] = [];
  private readonly seen = new Map<string, number>();

  get last(): number {
    return this.texts.length;
  }

  append(author: string, id: string | undefined, text: string): { messageId: number; duplicate: boolean } {
    const key = id === undefined ? undefined : `${author} ${id}`;
    const known = key === undefined ? undefined : this.seen.get(key);
    if (known !== undefined) return { messageId: known, duplicate: true };
    if (!this.members.has(author)) return { messageId: 0, duplicate: false };
    const messageId = this.texts.push(text);
    if (key !== undefined) this.seen.set(key, messageId);
    return { messageId, duplicate: false };
  }

  acknowledge(user: string, messageId: number, status: Acknowledgement['status']): Place {
    const place = this.members.get(user);
    if (!place || this.last === 0) return { delivered: 0, read: 0 };
    const to = Math.min(messageId, this.last);
    place.delivered = Math.max(place.delivered, to);
    if (status === 'read') place.read = Math.max(place.read, to);
    return { ...place };
  }
}

type Step =
  | { readonly do: 'join'; readonly user: string }
  | { readonly do: 'leave'; readonly user: string }
  | { readonly do: 'append'; readonly author: string; readonly id: string | undefined; readonly text: string }
  | { readonly do: 'acknowledge'; readonly user: string; readonly messageId: number; readonly read: boolean }
  | { readonly do: 'subscribe'; readonly gateway: string }
  | { readonly do: 'unsubscribe'; readonly gateway: string };

const user = fc.constantFrom(...USERS);
const listener = fc.constantFrom(...GATEWAYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('join' as const), user }),
  fc.record({ do: fc.constant('leave' as const), user }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      author: user,
      id: fc.constantFrom('1', '2', '3', undefined),
      text: fc.string(),
    }),
  },
  fc.record({
    do: fc.constant('acknowledge' as const),
    user,
    messageId: fc.integer({ min: 0, max: 12 }),
    read: fc.boolean(),
  }),
  fc.record({ do: fc.constant('subscribe' as const), gateway: listener }),
  fc.record({ do: fc.constant('unsubscribe' as const), gateway: listener }),
);

/** Random joins, leaves, messages, acknowledgements and subscriptions against the model. A failing seed is printed by fast-check. */
export function conversationModelSuite(harness: EngineHarness): void {
  describe('a conversation against its model', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await harness.start();
    });

    it('gives the same answers to any sequence of calls', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const log = conversation('model');
          const names = new Map(USERS.map((name) => [name as string, `${name} of ${log.id}`]));
          const model = new ConversationModel();
          const { epoch } = await engine.log.read(log, 0, 1);
          for (const one of steps) await perform(engine, { id: log.id, epoch, names, model }, one);
          for (const [name, id] of names) {
            const place = model.members.get(name);
            const expected = place && [{ conversation: log.id, lastMessageId: model.last, read: place.read }];
            expect(await engine.conversations.of(id)).toMatchObject(expected ?? []);
            expect(await engine.conversations.isMember(log.id, id)).toBe(place !== undefined);
            expect(await engine.log.status(log, id)).toMatchObject(place ?? { delivered: 0, read: 0 });
          }
          expect(await engine.conversations.describe(log.id)).toMatchObject({
            members: model.members.size,
            lastMessageId: model.last,
          });
        }),
        { numRuns: 60 },
      );
    });
  });
}

interface Scene {
  readonly id: string;
  readonly epoch: string;
  readonly names: ReadonlyMap<string, string>;
  readonly model: ConversationModel;
}

async function perform(engine: Engine, { id, epoch, names, model }: Scene, one: Step): Promise<void> {
  const log = { kind: 'conversation', id } as const;
  const nameOf = (name: string) => names.get(name) ?? '';
  if (one.do === 'join') {
    expect(await engine.conversations.join(id, nameOf(one.user))).toBe(!model.members.has(one.user));
    if (!model.members.has(one.user)) model.members.set(one.user, { delivered: 0, read: 0 });
  } else if (one.do === 'leave') {
    const { left, gateways } = await engine.conversations.leave(id, nameOf(one.user));
    expect(left).toBe(model.members.delete(one.user));
    expect(new Set(gateways)).toEqual(model.subscribers);
  } else if (one.do === 'append') {
    const entry = written(nameOf(one.author), one.text, one.id);
    const { appended, gateways } = await engine.log.append(log, [entry], { membersOnly: true });
    expect(appended).toMatchObject([model.append(one.author, one.id, one.text)]);
    expect(new Set(gateways)).toEqual(model.subscribers);
  } else if (one.do === 'acknowledge') {
    const { user: name, messageId, read } = one;
    const status = read ? 'read' : 'delivered';
    const ack = { device: nameOf(name), messageId, epoch, status } as const;
    expect(await engine.log.acknowledge(log, ack)).toMatchObject(model.acknowledge(name, messageId, status));
  } else if (one.do === 'subscribe') {
    await engine.conversations.subscribe(id, gateway(one.gateway));
    model.subscribers.add(one.gateway);
  } else {
    await engine.conversations.unsubscribe(id, gateway(one.gateway));
    model.subscribers.delete(one.gateway);
  }
}
