import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { PresenceStatus, Visible } from '#engine';
import { step, supersedes, toldNow, UNKNOWN, type Announcement, type Learnt, type Standing } from './transitions.js';

const GRACE = 100;
const STATUSES = ['online', 'away', 'offline'] as const;

/** The engine as a model, with a clock that may stand still for as long as it likes, and several who think they own one user. */
class World {
  readonly live = new Map<string, PresenceStatus>();
  /** What each watcher heard: the answer with which it began to watch, and all announcements since. The first watches from the beginning. */
  readonly heard: Announcement[][] = [[]];
  private readonly owners = new Map<number, Standing>();
  private now = 1;
  private visible: Visible = { status: 'offline', before: 'offline', version: 0 };

  /** What others see, as libs/engine keeps it. */
  private look(): Visible {
    const status = STATUSES.find((one) => [...this.live.values()].includes(one)) ?? 'offline';
    const { status: before, version, lastSeen } = this.visible;
    if (status === before) return (this.visible = { ...this.visible, before });
    const next = { status, before, version: Math.max(this.now, version + 1) };
    this.visible = status === 'offline' ? { ...next, lastSeen: lastSeen ?? this.now } : next;
    return this.visible;
  }

  private learn(owner: number, learnt: Learnt): Standing {
    const { standing, announce } = step(this.owners.get(owner) ?? UNKNOWN, learnt, GRACE);
    this.owners.set(owner, standing);
    if (announce) for (const heard of this.heard) heard.push(announce);
    return standing;
  }

  set(owner: number, connection: string, status: PresenceStatus): void {
    const repeated = this.live.get(connection) === status;
    this.live.set(connection, status);
    this.learn(owner, { what: 'changed', visible: this.look(), repeated });
  }

  remove(owner: number, connection: string): void {
    const removed = this.live.delete(connection);
    const visible = this.look();
    this.learn(owner, { what: 'changed', visible, repeated: !removed && visible.status === 'offline' });
  }

  /** Noticed by nobody, until one asks. */
  expire(_: number, connection: string): void {
    this.live.delete(connection);
  }

  watch(owner: number): void {
    const heard: Announcement[] = [];
    this.heard.push(heard);
    const visible = this.look();
    heard.push(toldNow(this.learn(owner, { what: 'looked', visible }), visible));
  }

  tick(): void {
    this.now += 1;
  }

  /** An owner that has not been a moment ago is another process: it knows nothing. Whoever keeps a going quiet is not passivated. */
  forget(owner: number): void {
    if (this.owners.get(owner)?.is !== 'leaving') this.owners.delete(owner);
  }

  /** One run of the grace timer: it is started again where another owner saw a later going. */
  graceOver(owner: number): void {
    const standing = this.owners.get(owner);
    if (standing?.is !== 'leaving') return;
    this.now = Math.max(this.now, standing.going.version + GRACE);
    this.learn(owner, { what: 'grace-over', visible: this.look() });
  }

  settle(): void {
    const visible = this.look();
    if (visible.before !== visible.status) this.learn(0, { what: 'looked', visible });
    while ([...this.owners.values()].some((standing) => standing.is === 'leaving'))
      for (const owner of this.owners.keys()) this.graceOver(owner);
  }

  truth(): PresenceStatus {
    return this.look().status;
  }

  /** What a watcher believes who hears everything in some order. */
  believed(order: readonly Announcement[]): PresenceStatus {
    let current: Announcement | undefined;
    for (const next of order) if (supersedes(next, current)) current = next;
    return current?.status ?? 'offline';
  }
}

const owner = fc.integer({ min: 0, max: 2 });
const connection = fc.constantFrom('c1', 'c2', 'c3');
const event = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('set' as const), owner, connection, fc.constantFrom(...STATUSES)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('remove' as const), owner, connection) },
  fc.tuple(fc.constantFrom('graceOver', 'tick', 'watch', 'forget', 'expire'), owner, connection),
);

type Played = typeof event extends fc.Arbitrary<infer E> ? E : never;

const play = (events: readonly Played[]): World => {
  const world = new World();
  for (const [what, by, id, status] of events) {
    if (what === 'set') world.set(by, id, status ?? 'online');
    else world[what as 'remove'](by, id);
  }
  world.settle();
  return world;
};

function shuffled<T>(items: readonly T[], dice: Iterator<number>): T[] {
  const dealt = [...items];
  for (let i = dealt.length - 1; i > 0; i--) {
    const j = Number(dice.next().value) % (i + 1);
    [dealt[i], dealt[j]] = [dealt[j] as T, dealt[i] as T];
  }
  return dealt;
}

test('in any order of events and of arrival, with any owners, the last word is the truth', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (events, dice) => {
      const world = play(events);
      for (const heard of world.heard) expect(world.believed(shuffled(heard, dice))).toBe(world.truth());
    }),
    { numRuns: 5_000 },
  );
});

test('in any order of events what is said with one version is the same', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const byVersion = new Map<number, PresenceStatus>();
      for (const { status, version } of play(events).heard.flat()) {
        expect(byVersion.get(version) ?? status).toBe(status);
        byVersion.set(version, status);
      }
    }),
    { numRuns: 2_000 },
  );
});

/** Guards against: others went on to believe "online", since each owner found the user to be what it had said itself. */
test('an owner that finds another status than it said does not know what others believe', () => {
  const world = play([
    ['set', 0, 'c1', 'away'],
    ['remove', 0, 'c1'],
    ['set', 1, 'c3', 'online'],
    ['set', 2, 'c3', 'offline'],
    ['set', 0, 'c1', 'away'],
    ['remove', 2, 'c1'],
    ['set', 2, 'c1', 'away'],
  ]);
  expect(world.heard.map((heard) => world.believed(heard))).toEqual(['away']);
});
