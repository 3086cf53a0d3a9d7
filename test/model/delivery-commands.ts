import { expect } from '@jest/globals';
import fc from 'fast-check';
import { eventually, type Answer } from '#testing';
import type { Command } from './command.js';
import type { Connected, DeliveryModel, InboxModel } from './delivery-model.js';
import type { World } from './world.js';

interface Post {
  readonly slot: number;
  readonly to: string;
  readonly id: string | undefined;
}

interface Arrival {
  readonly slot: number;
  readonly user: string;
  readonly device: string | undefined;
  readonly ack: 'auto' | 'manual';
  /** How far from the end of the log to begin; negative: beyond it. None: where the server knows it to be. */
  readonly back: number | undefined;
  readonly epoch: 'named' | 'another' | 'none';
}

/** Somebody connects, from anywhere in the log. */
class Connect implements Command {
  constructor(private readonly arrival: Arrival) {}

  check(model: DeliveryModel): boolean {
    return !model.at(this.arrival.slot);
  }

  async run(model: DeliveryModel, world: World): Promise<void> {
    const before = model.inbox(this.arrival.user).length;
    await admitted(model, world, this.arrival, await arrive(model, world, this.arrival), before);
  }

  toString(): string {
    return `connect ${JSON.stringify(this.arrival)}`;
  }
}

/**
 * Several send at once, without waiting; meanwhile somebody may connect, and somebody may be cut off. Not both where it would be chance whether
 * the one takes the other's place or that of a third.
 */
class Burst implements Command {
  constructor(
    private readonly posts: readonly Post[],
    private readonly arrival: Arrival | undefined,
    private readonly cut: number | undefined,
  ) {}

  check(model: DeliveryModel): boolean {
    return this.posts.some(({ slot }) => model.at(slot));
  }

  async run(model: DeliveryModel, world: World): Promise<void> {
    const comes = this.arrival && !model.at(this.arrival.slot) ? this.arrival : undefined;
    const before = comes ? model.inbox(comes.user).length : 0;
    const cut = connectedAt(model, this.cut).filter(({ user }) => !comes || user !== comes.user || !model.full(user));
    const doomed = [...(comes ? model.replacedBy(comes) : []), ...cut];
    const posts = this.posts.filter((post) => model.at(post.slot) && hasFuture(model, post, doomed, comes));
    const sending = posts.map((post) => send(model, world, post));
    const arriving = comes && arrive(model, world, comes);
    for (const connected of cut) cutOff(model, world, connected);
    const [posted, arrived] = await Promise.all([Promise.all(sending), arriving]);
    const survivors = [...model.connections.filter((one) => !doomed.includes(one)), ...(comes ? [comes] : [])];
    for (const one of posted) await insist(world, one, survivors);
    adopt(posted);
    for (const { user, device, ack } of cut) if (ack === 'auto') model.inbox(user).save(device, Infinity, false);
    if (comes && arrived) await admitted(model, world, comes, arrived, before);
    for (const to of new Set(posts.map((post) => post.to))) await world.quiet(model, to);
    for (const { user } of cut) await world.present(model, user);
  }

  toString(): string {
    return `burst ${JSON.stringify({ posts: this.posts, arrival: this.arrival, cut: this.cut })}`;
  }
}

/** Somebody leaves, having seen everything there is. */
class Leave implements Command {
  constructor(
    private readonly slot: number,
    private readonly how: 'close' | 'cut',
  ) {}

  check(model: DeliveryModel): boolean {
    return model.at(this.slot) !== undefined;
  }

  async run(model: DeliveryModel, world: World): Promise<void> {
    const connected = model.at(this.slot)!;
    const client = world.at(this.slot);
    if (this.how === 'close') await client.close();
    else client.cut();
    model.disconnect(this.slot);
    await world.ended(model, connected);
    await world.present(model, connected.user);
  }

  toString(): string {
    return `${this.how} ${this.slot}`;
  }
}

interface Posted {
  readonly from: string;
  readonly post: Post;
  readonly content: string;
  readonly inbox: InboxModel;
  answer: Answer | undefined;
  /** It was sent again, so that nobody knows which attempt stored it. */
  again: boolean;
}

const connectedAt = (model: DeliveryModel, slot: number | undefined): readonly Connected[] =>
  model.connections.filter((one) => one.slot === slot);

/** Whether what came of it can be learned: its connection stays, or it has an id and its sender another connection to repeat it on. */
function hasFuture(
  model: DeliveryModel,
  { slot, id }: Post,
  doomed: readonly Connected[],
  comes: Arrival | undefined,
): boolean {
  const sender = model.at(slot)!;
  if (!doomed.includes(sender)) return true;
  const { user } = sender;
  return id !== undefined && (comes?.user === user || model.of(user).some((one) => !doomed.includes(one)));
}

async function send(model: DeliveryModel, world: World, post: Post): Promise<Posted> {
  const { slot, to, id } = post;
  const { user: from } = model.at(slot)!;
  const content = world.content();
  const answer = await world.at(slot).message({ to: world.person(to), content, id });
  return { from, post, content, inbox: model.inbox(to), answer, again: false };
}

/** Repeats what got no answer, as a client does. */
async function insist(
  world: World,
  posted: Posted,
  survivors: readonly { slot: number; user: string }[],
): Promise<void> {
  if (posted.answer) return;
  const { from, content } = posted;
  const { to, id } = posted.post;
  const { slot } = survivors.find(({ user }) => user === from)!;
  posted.again = true;
  posted.answer = await world.at(slot).message({ to: world.person(to), content, id });
}

/** Everything was accepted: new ones under the next ids, in an order that is the server's to choose; known ones under theirs. */
function adopt(posted: readonly Posted[]): void {
  const inOrder = posted.map((one) => ({ ...one, ...accepted(one.answer) }));
  inOrder.sort((a, b) => a.messageId - b.messageId || Number(a.duplicate) - Number(b.duplicate));
  // Where one of several attempts got no answer, nobody knows which of them was the first.
  const unclear = new Set(inOrder.filter(({ again }) => again).map(({ messageId }) => messageId));
  for (const { inbox, from, post, content, messageId, duplicate } of inOrder) {
    const entry = { from, id: post.id, content };
    const known = unclear.has(messageId) ? duplicate : inbox.find(entry) !== undefined;
    expect({ messageId, duplicate }).toEqual({ messageId: inbox.append(entry), duplicate: known });
  }
}

function accepted(answer: Answer | undefined): { messageId: number; duplicate: boolean } {
  if (answer?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(answer)}`);
  return { messageId: answer.messageId, duplicate: answer.duplicate };
}

interface Arrived {
  readonly lastMessageId: number;
  readonly resumed: boolean;
  readonly epoch: string;
  /** What was asked for. */
  readonly cursor: number | undefined;
  readonly otherLife: boolean;
}

async function arrive(model: DeliveryModel, world: World, arrival: Arrival): Promise<Arrived> {
  const { slot, user, device, ack, back } = arrival;
  const inbox = model.inbox(user);
  const lastMessageId = back === undefined ? undefined : Math.max(0, inbox.length - back);
  const epoch = { none: undefined, another: 'of old', named: inbox.epoch }[arrival.epoch];
  const client = await world.connect(slot);
  const frame = await client.register(world.person(user), { device, ack, lastMessageId, epoch });
  expect(frame).toMatchObject({ type: 'registered', epoch: inbox.epoch ?? expect.any(String) });
  const { opened } = client.inbox!;
  // Where the backlog is, if there is any, has been told before this is answered.
  await client.command({ type: 'ping' });
  return { ...opened, cursor: lastMessageId, otherLife: epoch !== undefined && epoch !== opened.epoch };
}

/** The registration said the truth about the log and the cursor, and what it took the place of is gone. */
async function admitted(
  model: DeliveryModel,
  world: World,
  arrival: Arrival,
  arrived: Arrived,
  before: number,
): Promise<void> {
  const { slot, user, device, ack } = arrival;
  const inbox = model.inbox(user);
  const { lastMessageId, resumed, epoch, cursor, otherLife } = arrived;
  inbox.epoch = epoch;
  expect(lastMessageId).toBeGreaterThanOrEqual(before);
  expect(lastMessageId).toBeLessThanOrEqual(inbox.length);
  expect(resumed).toBe(!otherLife && (cursor ?? 0) <= lastMessageId);
  // What came meanwhile may have been written to the others, and saved for them, before this one's cursor was looked up.
  for (const other of model.of(user))
    if (other.ack === 'auto' && inbox.length > before) inbox.save(other.device, inbox.length, false);
  const from = cursor === undefined ? inbox.cursorOf(device) : { least: cursor, most: cursor };
  const { least, most } = resumed ? from : { least: 0, most: 0 };
  await Promise.all(model.replacedBy(arrival).map((one) => takenOver(model, world, one)));
  model.connect({ slot, user, device, ack });
  if (most < inbox.length) await world.at(slot).seen(inbox.length);
  await world.quiet(model, user);
  const first = world.at(slot).inbox?.messages[0]?.messageId ?? inbox.length + 1;
  expect(first).toBeGreaterThan(least);
  expect(first).toBeLessThanOrEqual(Math.max(most, lastMessageId) + 1);
  if (first <= inbox.length) expect(first).toBeLessThanOrEqual(most + 1);
}

async function takenOver(model: DeliveryModel, world: World, connected: Connected): Promise<void> {
  await eventually(() => expect(world.at(connected.slot).wire.closed).toMatchObject({ code: 4501 }));
  model.disconnect(connected.slot);
  await world.ended(model, connected);
}

/** Nobody knows what had been written to it by then. */
function cutOff(model: DeliveryModel, world: World, { slot }: Connected): void {
  world.at(slot).cut();
  model.disconnect(slot);
}

const users = fc.constantFrom('alice', 'bob');
const slots = fc.nat({ max: 6 });
const post: fc.Arbitrary<Post> = fc.record({
  slot: slots,
  to: users,
  id: fc.option(fc.constantFrom('1', '2', '3', '4', '5'), { nil: undefined, freq: 2 }),
});
const arrival: fc.Arbitrary<Arrival> = fc.record({
  slot: slots,
  user: users,
  device: fc.constantFrom('phone', 'laptop', undefined),
  ack: fc.constantFrom('auto', 'manual'),
  back: fc.option(fc.integer({ min: -2, max: 10 }), { nil: undefined, freq: 2 }),
  epoch: fc.constantFrom('named', 'named', 'none', 'another'),
});
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

export const DELIVERY: fc.Arbitrary<Command>[] = [
  arrival.map((one) => new Connect(one)),
  post.map((one) => new Burst([one], undefined, undefined)),
  fc.tuple(fc.array(post, { minLength: 2, maxLength: 12 }), maybe(arrival), maybe(slots)).map((of) => new Burst(...of)),
  fc.tuple(slots, fc.constantFrom('close' as const, 'cut' as const)).map((of) => new Leave(...of)),
];
