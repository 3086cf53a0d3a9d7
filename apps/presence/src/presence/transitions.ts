/**
 * When a user comes online and goes offline, as a pure function of what is known and what was just learnt. The engine alone knows the truth;
 * an owner knows what it has announced and what the engine answered last. Two owners may know different things for a while (DESIGN §3), so
 * everything announced carries the engine's time, by which `supersedes` puts the announcements of different owners in order.
 */
export type Standing =
  /** Just activated: nothing announced from here. */
  | { readonly is: 'unknown' }
  /** `since`: the engine's time of the latest registration seen from here; 0: none was. */
  | { readonly is: 'online'; readonly since: number }
  /** No connection since `lastSeen`; not announced from here, for the grace time runs. */
  | { readonly is: 'leaving'; readonly lastSeen: number }
  | { readonly is: 'offline' };

export const UNKNOWN: Standing = { is: 'unknown' };

/** What the engine answered. Times are the engine's, ms. */
export type Learnt =
  | {
      readonly what: 'registered';
      readonly at: number;
      /** There was no live connection before. */
      readonly cameOnline: boolean;
      /** It is the only one now, and took nobody's place. */
      readonly alone: boolean;
    }
  | {
      readonly what: 'removed';
      /** False: it was not there. */
      readonly removed: boolean;
      readonly remaining: number;
      /** When the last one went; absent while some are left, or when nobody knows. */
      readonly lastSeen?: number;
    }
  /** The grace time is over, and so many connections are live; if none: when the last one went, as far as anybody knows. */
  | { readonly what: 'grace-over'; readonly live: number; readonly lastSeen?: number }
  /** The grace time is over, and the engine is away: asked again later. */
  | { readonly what: 'engine-away' };

/** Said to the world. `at`: the engine's time of the connection that came, or the first millisecond after the last one's going. */
export interface Announcement {
  readonly status: 'online' | 'offline';
  readonly at: number;
}

export interface Step {
  readonly standing: Standing;
  readonly announce?: Announcement;
  /** Absent: leave the grace timer as it is. */
  readonly grace?: 'start' | 'stop' | 'retry';
}

const OFFLINE: Standing = { is: 'offline' };
const online = (since: number): Step => ({ standing: { is: 'online', since }, grace: 'stop' });

/** The next standing, what to announce, and what becomes of the grace timer. `graceMs`: how long a going is kept quiet, at least 1. */
export function step(standing: Standing, learnt: Learnt, graceMs: number): Step {
  switch (learnt.what) {
    case 'registered':
      return registered(standing, learnt, graceMs);
    case 'removed':
      return removed(standing, learnt);
    case 'grace-over':
      return graceOver(standing, learnt);
    case 'engine-away':
      return { standing, grace: standing.is === 'leaving' ? 'retry' : 'stop' };
  }
}

type Registered = Extract<Learnt, { what: 'registered' }>;
type Removed = Extract<Learnt, { what: 'removed' }>;
type GraceOver = Extract<Learnt, { what: 'grace-over' }>;

/** After a registration the user is online; the question is only whether anybody might believe otherwise. */
function registered(standing: Standing, learnt: Registered, graceMs: number): Step {
  const silent = online(learnt.at);
  return mayBeThoughtOffline(standing, learnt, graceMs)
    ? { ...silent, announce: { status: 'online', at: learnt.at } }
    : silent;
}

function mayBeThoughtOffline(standing: Standing, { at, cameOnline, alone }: Registered, graceMs: number): boolean {
  switch (standing.is) {
    case 'unknown':
      // `alone` without `cameOnline`: a repeated registration whose first owner may have died before it announced.
      return cameOnline || alone;
    case 'online':
      // The engine says that somebody else (another owner, the TTL) saw the user go, and may have said so.
      return cameOnline;
    case 'leaving':
      // Within the grace time, by the engine's clock, nobody has said "offline"; later, another owner may have.
      return at - standing.lastSeen >= graceMs;
    case 'offline':
      return true;
  }
}

function removed(standing: Standing, learnt: Removed): Step {
  const since = standing.is === 'online' ? standing.since : 0;
  if (learnt.remaining > 0) return online(since);
  const { removed: wentNow, lastSeen = 0 } = learnt;
  // Nothing went now (a repeated removal), and the earlier going is known here: it runs its grace time, or was announced.
  if (!wentNow && (standing.is === 'leaving' || standing.is === 'offline')) return { standing };
  if (!wentNow && standing.is === 'unknown' && lastSeen === 0) return { standing: OFFLINE };
  return { standing: { is: 'leaving', lastSeen: Math.max(lastSeen, since) }, grace: 'start' };
}

/**
 * Only the engine's answer decides: a connection registered elsewhere meanwhile keeps the user online, and one that came and went elsewhere
 * meanwhile begins a grace time of its own. So nobody says "offline" within `graceMs` of the latest going, whoever saw which.
 */
function graceOver(standing: Standing, { live, lastSeen = 0 }: GraceOver): Step {
  if (standing.is !== 'leaving') return { standing, grace: 'stop' };
  if (live > 0) return online(0);
  if (lastSeen > standing.lastSeen) return { standing: { is: 'leaving', lastSeen }, grace: 'start' };
  return { standing: OFFLINE, announce: { status: 'offline', at: standing.lastSeen + 1 }, grace: 'stop' };
}

/**
 * Whether `next` is to be believed over `current`, whichever owners said them and in whatever order they arrive: the later time is the truth.
 * "Offline" is said for the millisecond after the last going, and only after the engine was asked a grace time (1 ms or more) later. So a
 * registration in the same millisecond as that going is older than what is said of it, and one that the question did not see is
 * younger, or of the same time: then online wins, for "offline" while the user is online is the one thing that must not stand.
 */
export function supersedes(next: Announcement, current: Announcement | undefined): boolean {
  if (!current || next.at > current.at) return true;
  return next.at === current.at && (next.status === 'online' || current.status === 'offline');
}
