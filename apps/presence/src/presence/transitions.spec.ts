import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { step, supersedes, UNKNOWN, type Announcement, type Learnt, type Standing } from './transitions.js';

const came = (at: number, more: Partial<Learnt> = {}): Learnt =>
  ({ what: 'registered', at, cameOnline: true, alone: true, ...more }) as Learnt;
const went = (lastSeen: number, more: Partial<Learnt> = {}): Learnt =>
  ({ what: 'removed', removed: true, remaining: 0, lastSeen, ...more }) as Learnt;
const over = (live: number): Learnt => ({ what: 'grace-over', live });
const away: Learnt = { what: 'engine-away' };

const GRACE = 100;

/** Everything that is announced on the way, and where it ends. */
function after(...learnt: readonly Learnt[]): { said: string[]; standing: Standing; grace: string | undefined } {
  const said: string[] = [];
  let standing = UNKNOWN;
  let grace: string | undefined;
  for (const fact of learnt) {
    const next = step(standing, fact, GRACE);
    standing = next.standing;
    grace = next.grace ?? grace;
    if (next.announce) said.push(`${next.announce.status}@${next.announce.at}`);
  }
  return { said, standing, grace };
}

describe('coming online', () => {
  test('is announced with the first connection, once', () => {
    expect(after(came(1), came(2, { cameOnline: false, alone: false })).said).toEqual(['online@1']);
  });

  test('is not announced by a fresh owner of a user who has been online', () => {
    expect(after(came(2, { cameOnline: false, alone: false })).said).toEqual([]);
  });

  test('is not announced when a device takes the place of itself', () => {
    expect(after(came(2, { cameOnline: false, alone: false })).standing.is).toBe('online');
  });

  test('is announced by a repeated registration whose first owner may have died before it spoke', () => {
    expect(after(came(1, { cameOnline: false, alone: true })).said).toEqual(['online@1']);
  });

  test('is announced again when the engine says that the user had gone without our knowing', () => {
    expect(after(came(1), came(9)).said).toEqual(['online@1', 'online@9']);
  });
});

describe('going offline', () => {
  test('is announced after the grace time, if nobody is there', () => {
    expect(after(came(1), went(5))).toMatchObject({ said: ['online@1'], grace: 'start' });
    expect(after(came(1), went(5), over(0)).said).toEqual(['online@1', 'offline@6']);
  });

  test('is not begun while another connection lives', () => {
    expect(after(came(1), went(5, { remaining: 1 })).grace).toBe('stop');
  });

  test('and coming back inside the grace time says nothing', () => {
    expect(after(came(1), went(5), came(6), went(7), came(8))).toMatchObject({ said: ['online@1'], grace: 'stop' });
  });

  test('is not said when another owner has registered a connection meanwhile', () => {
    expect(after(came(1), went(5), over(1))).toMatchObject({ said: ['online@1'], standing: { is: 'online' } });
  });

  test('waits for the grace time of a later going that another owner saw', () => {
    const later: Learnt = { what: 'grace-over', live: 0, lastSeen: 60 };
    expect(after(came(1), went(5), later)).toMatchObject({ said: ['online@1'], grace: 'start' });
    expect(after(came(1), went(5), later, later).said).toEqual(['online@1', 'offline@61']);
  });

  test('a grace message left in the mailbox by a user who came back says nothing', () => {
    expect(after(came(1), went(5), came(6), over(0)).said).toEqual(['online@1']);
  });

  test('is said by a fresh owner to whom a removal is repeated: the first may have died in the grace time', () => {
    expect(after(went(5, { removed: false }), over(0)).said).toEqual(['offline@6']);
    expect(after({ what: 'removed', removed: false, remaining: 0 })).toMatchObject({ said: [], grace: undefined });
  });

  test('is not said twice for a removal repeated to the same owner', () => {
    expect(after(came(1), went(5), over(0), went(5, { removed: false }))).toMatchObject({
      said: ['online@1', 'offline@6'],
      standing: { is: 'offline' },
    });
  });

  test('and coming back when the grace time is long over is said: another owner may have spoken', () => {
    expect(after(came(1), went(5), came(5 + GRACE)).said).toEqual(['online@1', 'online@105']);
  });

  test('while the engine is away is put off', () => {
    expect(after(came(1), went(5), away)).toMatchObject({ said: ['online@1'], grace: 'retry' });
    expect(after(came(1), went(5), away, over(0)).said).toEqual(['online@1', 'offline@6']);
  });

  test('within the millisecond of coming is later than it', () => {
    expect(after(came(5), went(5), over(0)).said).toEqual(['online@5', 'offline@6']);
  });
});

describe('announcements of two owners', () => {
  const says = (status: Announcement['status'], at: number): Announcement => ({ status, at });

  test('are put in order by the time of the engine, not by arrival', () => {
    expect(supersedes(says('offline', 5), says('online', 6))).toBe(false);
    expect(supersedes(says('online', 6), says('offline', 5))).toBe(true);
    expect(supersedes(says('offline', 7), says('online', 6))).toBe(true);
  });

  test('of the same millisecond: online wins in either order', () => {
    expect(supersedes(says('offline', 5), says('online', 5))).toBe(false);
    expect(supersedes(says('online', 5), says('offline', 5))).toBe(true);
  });

  /** The engine as a model: connections, and a clock that may stand still for as long as it likes. */
  class World {
    readonly live = new Set<string>();
    readonly said: Announcement[] = [];
    private readonly owners = new Map<number, Standing>();
    private now = 1;
    private lastSeen = 0;

    private learn(owner: number, make: (now: number) => Learnt): void {
      const { standing, announce } = step(this.owners.get(owner) ?? UNKNOWN, make(this.now), GRACE);
      this.owners.set(owner, standing);
      if (announce) this.said.push(announce);
    }

    register(owner: number, connection: string): void {
      this.learn(owner, (at) => {
        const cameOnline = this.live.size === 0;
        this.live.add(connection);
        return { what: 'registered', at, cameOnline, alone: this.live.size === 1 };
      });
    }

    remove(owner: number, connection: string): void {
      this.learn(owner, (now) => {
        const removed = this.live.delete(connection);
        if (removed && this.live.size === 0) this.lastSeen = now;
        return { what: 'removed', removed, remaining: this.live.size, lastSeen: this.lastSeen };
      });
    }

    tick(): void {
      this.now += 1;
    }

    /** One run of the grace timer: it is started again where another owner saw a later going. */
    graceOver(owner: number): void {
      const standing = this.owners.get(owner);
      if (standing?.is !== 'leaving') return;
      this.now = Math.max(this.now, standing.lastSeen + GRACE);
      this.learn(owner, () => ({ what: 'grace-over', live: this.live.size, lastSeen: this.lastSeen }));
    }

    settle(): void {
      while ([...this.owners.values()].some((standing) => standing.is === 'leaving'))
        for (const owner of this.owners.keys()) this.graceOver(owner);
    }

    /** What a watcher believes who hears everything in some order. */
    believed(order: readonly Announcement[]): Announcement['status'] {
      let current: Announcement | undefined;
      for (const next of order) if (supersedes(next, current)) current = next;
      return current?.status ?? 'offline';
    }
  }

  const owner = fc.integer({ min: 0, max: 2 });
  const connection = fc.constantFrom('c1', 'c2', 'c3');
  const event = fc.oneof(
    fc.tuple(fc.constant('register' as const), owner, connection),
    fc.tuple(fc.constant('remove' as const), owner, connection),
    fc.tuple(fc.constant('graceOver' as const), owner, fc.constant('')),
    fc.tuple(fc.constant('tick' as const), owner, fc.constant('')),
  );

  test('in any order of events and of arrival, the last word is the truth', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (events, dice) => {
        const world = new World();
        for (const [what, by, id] of events) world[what](by, id);
        world.settle();
        const shuffled = [...world.said];
        for (let i = shuffled.length - 1; i > 0; i--) {
          const j = (dice.next().value as number) % (i + 1);
          [shuffled[i], shuffled[j]] = [shuffled[j] as Announcement, shuffled[i] as Announcement];
        }
        expect(world.believed(shuffled)).toBe(world.live.size > 0 ? 'online' : 'offline');
      }),
      { numRuns: 2_000 },
    );
  });
});
