import { describe, expect, test } from '@jest/globals';
import type { PresenceStatus, Visible } from '#engine';
import { step, supersedes, toldNow, UNKNOWN, type Announcement, type Learnt, type Standing } from './transitions.js';

const GRACE = 100;

const visible = (status: PresenceStatus, before: PresenceStatus, version: number): Visible =>
  status === 'offline' ? { status, before, version, lastSeen: version } : { status, before, version };
const changed = (to: PresenceStatus, version: number, from: PresenceStatus, repeated = false): Learnt => ({
  what: 'changed',
  visible: visible(to, from, version),
  repeated,
});
const came = (version: number, from: PresenceStatus = 'offline'): Learnt => changed('online', version, from);
const went = (version: number, from: PresenceStatus = 'online'): Learnt => changed('offline', version, from);
const over = (status: PresenceStatus, version: number): Learnt => ({
  what: 'grace-over',
  visible: visible(status, status, version),
});
const looked = (status: PresenceStatus, version: number, before = status): Learnt => ({
  what: 'looked',
  visible: visible(status, before, version),
});
const away: Learnt = { what: 'engine-away' };

/** Everything that is announced on the way, and where it ends. */
function after(...learnt: readonly Learnt[]): { said: string[]; standing: Standing; grace: string | undefined } {
  const said: string[] = [];
  let standing: Standing = UNKNOWN;
  let grace: string | undefined;
  for (const fact of learnt) {
    const next = step(standing, fact, GRACE);
    standing = next.standing;
    grace = next.grace ?? grace;
    if (next.announce) said.push(`${next.announce.status}@${next.announce.version}`);
  }
  return { said, standing, grace };
}

describe('being seen', () => {
  test('is announced with the first connection, once', () => {
    expect(after(came(1), came(1, 'online')).said).toEqual(['online@1']);
  });

  test('is not announced by a fresh owner of a user of whom nothing has changed', () => {
    expect(after(came(2, 'online')).said).toEqual([]);
  });

  test('is announced when it looks as if it had been asked before, of an owner who may have died before it spoke', () => {
    expect(after(changed('online', 1, 'online', true)).said).toEqual(['online@1']);
  });

  test('is announced with each change, also to a fresh owner', () => {
    expect(after(came(1), changed('away', 2, 'online'), changed('online', 3, 'away')).said).toEqual([
      'online@1',
      'away@2',
      'online@3',
    ]);
    expect(after(changed('away', 2, 'online')).said).toEqual(['away@2']);
  });

  test('is announced again when the engine says that the user had gone without our knowing', () => {
    expect(after(came(1), came(9)).said).toEqual(['online@1', 'online@9']);
  });

  test('as another owner has made it is announced, with the version that it has', () => {
    expect(after(came(1), changed('away', 5, 'away')).said).toEqual(['online@1', 'away@5']);
  });
});

describe('going offline', () => {
  test('is announced after the grace time, if nobody is seen', () => {
    expect(after(came(1), went(5))).toMatchObject({ said: ['online@1'], grace: 'start' });
    expect(after(came(1), went(5), over('offline', 5)).said).toEqual(['online@1', 'offline@5']);
  });

  test('and coming back inside the grace time says nothing', () => {
    expect(after(came(1), went(5), came(6), went(7), came(8))).toMatchObject({ said: ['online@1'], grace: 'stop' });
  });

  test('and coming back as somebody else was said to be, is said', () => {
    expect(after(came(1), changed('away', 2, 'online'), went(5, 'away'), came(6)).said).toEqual([
      'online@1',
      'away@2',
      'online@6',
    ]);
  });

  test('before a fresh owner, and coming back, says nothing if the status is the same, else what it is', () => {
    expect(after(went(5), came(6)).said).toEqual([]);
    expect(after(went(5, 'away'), came(6)).said).toEqual(['online@6']);
  });

  test('is not said when another owner has registered a connection meanwhile', () => {
    expect(after(came(1), went(5), over('online', 7))).toMatchObject({
      said: ['online@1'],
      standing: { is: 'steady' },
    });
    expect(after(came(1), went(5), over('away', 7)).said).toEqual(['online@1', 'away@7']);
  });

  test('waits for the grace time of a later going that another owner saw', () => {
    expect(after(came(1), went(5), over('offline', 60))).toMatchObject({ said: ['online@1'], grace: 'start' });
    expect(after(came(1), went(5), over('offline', 60), over('offline', 60)).said).toEqual(['online@1', 'offline@60']);
  });

  test('a grace message left in the mailbox by a user who came back says nothing', () => {
    expect(after(came(1), went(5), came(6), over('online', 6)).said).toEqual(['online@1']);
  });

  test('is said by a fresh owner to whom a removal is repeated: the first may have died in the grace time', () => {
    const repeated = changed('offline', 5, 'offline', true);
    expect(after(repeated, over('offline', 5)).said).toEqual(['offline@5']);
    expect(after(repeated, came(6)).said).toEqual(['online@6']);
    expect(after(changed('offline', 0, 'offline', true))).toMatchObject({ said: [], grace: undefined });
  });

  test('is not said twice for a removal repeated to the same owner', () => {
    expect(after(came(1), went(5), over('offline', 5), changed('offline', 5, 'offline', true))).toMatchObject({
      said: ['online@1', 'offline@5'],
      standing: { is: 'steady' },
    });
  });

  test('and coming back when the grace time is long over is said: another owner may have spoken', () => {
    expect(after(came(1), went(5), came(5 + GRACE)).said).toEqual(['online@1', 'online@105']);
  });

  test('while the engine is away is put off', () => {
    expect(after(came(1), went(5), away)).toMatchObject({ said: ['online@1'], grace: 'retry' });
    expect(after(came(1), went(5), away, over('offline', 5)).said).toEqual(['online@1', 'offline@5']);
  });

  test('says nothing of the coming and going of a connection that is not seen', () => {
    const unseen = changed('offline', 5, 'offline');
    expect(after(came(1), went(5), over('offline', 5), unseen, unseen).said).toEqual(['online@1', 'offline@5']);
    expect(after(unseen).said).toEqual([]);
  });
});

describe('those who ask', () => {
  const told = (seen: Visible, ...learnt: readonly Learnt[]): Announcement => toldNow(after(...learnt).standing, seen);
  const gone = visible('offline', 'offline', 5);

  test('within the grace time are told what all others were told', () => {
    expect(told(gone, came(1), went(5), looked('offline', 5))).toEqual({ status: 'online', version: 1 });
    expect(told(gone, changed('away', 2, 'online'), went(5, 'away'))).toEqual({ status: 'away', version: 2 });
  });

  test('after it are told that the user has gone, and when', () => {
    const expected = { status: 'offline', version: 5, lastSeen: 5 };
    expect(told(gone, came(1), went(5), over('offline', 5), looked('offline', 5))).toEqual(expected);
  });

  test('an owner who knows nothing are told so at once, and again should it turn out to have been a reload', () => {
    expect(told(gone, looked('offline', 5))).toEqual({ status: 'offline', version: 5, lastSeen: 5 });
    expect(after(looked('offline', 5), over('online', 6)).said).toEqual(['online@6']);
    expect(after(looked('offline', 5), came(6)).said).toEqual(['online@6']);
    expect(after(looked('offline', 1), over('offline', 1), looked('offline', 5), came(6)).said).toEqual([
      'offline@1',
      'online@6',
    ]);
  });

  test('and so find out that connections have expired, make it known', () => {
    expect(after(looked('away', 5, 'online')).said).toEqual(['away@5']);
    expect(after(looked('offline', 5, 'online'), over('offline', 5)).said).toEqual(['offline@5']);
  });

  test('with an old answer of the engine in hand change nothing', () => {
    const known = after(came(1), went(5), came(6));
    expect(after(came(1), went(5), came(6), looked('offline', 5, 'online'))).toEqual(known);
  });
});

test('of two announcements the one with the higher version is the truth, whichever comes first', () => {
  const [online, offline] = [
    { status: 'online', version: 6 },
    { status: 'offline', version: 5 },
  ] as const;
  expect(supersedes(offline, online)).toBe(false);
  expect(supersedes(online, offline)).toBe(true);
  expect(supersedes(online, online)).toBe(false);
  expect(supersedes(offline, undefined)).toBe(true);
});
