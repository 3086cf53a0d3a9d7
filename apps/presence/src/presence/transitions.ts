import type { PresenceStatus, Visible } from '#engine';

/**
 * What is announced of a user, as a pure function of what is known and what was just learnt. The engine alone knows what is to be seen of a
 * user (the best status of the live connections) and gives each change of it a version; an owner knows what it has announced and what the
 * engine answered last. Two owners may know different things for a while (DESIGN §3), so everything announced carries the engine's version:
 * of what different owners say of one user the higher is the truth, in whatever order it arrives (`supersedes`).
 */
export type Standing =
  /** Just activated: nothing announced from here. */
  | { readonly is: 'unknown' }
  /** As others take it to be. */
  | { readonly is: 'steady'; readonly visible: Announcement }
  /**
   * Gone offline with `going`; not announced from here, for the grace time runs. `said`: what others take the user for meanwhile; absent
   * where that is not known here.
   */
  | { readonly is: 'leaving'; readonly going: Announcement; readonly said?: Announcement };

export const UNKNOWN: Standing = { is: 'unknown' };

/** What the engine answered. */
export type Learnt =
  /**
   * A connection came, went, or took another status. `repeated`: it looks as if that had been asked before, of an owner who may have died
   * before it announced anything.
   */
  | { readonly what: 'changed'; readonly visible: Visible; readonly repeated: boolean }
  /** Somebody is about to be told what is to be seen now. */
  | { readonly what: 'looked'; readonly visible: Visible }
  /** The grace time is over. */
  | { readonly what: 'grace-over'; readonly visible: Visible }
  /** The grace time is over, and the engine is away: asked again later. */
  | { readonly what: 'engine-away' };

/** Said to the world. */
export interface Announcement {
  readonly status: PresenceStatus;
  /** The engine's; about its time of the change, ms. */
  readonly version: number;
  /** ms; only while offline. */
  readonly lastSeen?: number;
}

export interface Step {
  readonly standing: Standing;
  readonly announce?: Announcement;
  /** Absent: leave the grace timer as it is. */
  readonly grace?: 'start' | 'stop' | 'retry';
}

type Leaving = Extract<Standing, { is: 'leaving' }>;

/** The next standing, what to announce, and what becomes of the grace timer. `graceMs`: how long a going is kept quiet. */
export function step(standing: Standing, learnt: Learnt, graceMs: number): Step {
  if (learnt.what === 'engine-away') return { standing, grace: standing.is === 'leaving' ? 'retry' : 'stop' };
  // Looked at before the latest that is known here.
  if (learnt.visible.version < versionOf(standing)) return { standing };
  if (learnt.what === 'grace-over') return graceOver(standing, learnt.visible);
  const doubted = learnt.what === 'looked' || learnt.repeated;
  return learnt.visible.status === 'offline'
    ? gone(standing, learnt.visible, doubted)
    : present(standing, learnt.visible, learnt.what === 'changed' && learnt.repeated, graceMs);
}

/** What others are to be told who ask now: within the grace time nothing of the going, where it is known what was said before. */
export function toldNow(standing: Standing, visible: Visible): Announcement {
  if (standing.is === 'unknown') return announcement(visible);
  if (standing.is === 'steady') return standing.visible;
  return standing.said ?? standing.going;
}

/** Whether `next` is to be believed over `current`, whichever owners said them. Of the same version they say the same. */
export const supersedes = (next: Announcement, current: Announcement | undefined): boolean =>
  !current || next.version > current.version;

function versionOf(standing: Standing): number {
  if (standing.is === 'unknown') return 0;
  return standing.is === 'steady' ? standing.visible.version : standing.going.version;
}

function announcement({ status, version, lastSeen }: Visible): Announcement {
  return lastSeen === undefined ? { status, version } : { status, version, lastSeen };
}

const steady = (visible: Visible, announce = false): Step => {
  const now = announcement(visible);
  return { standing: { is: 'steady', visible: now }, grace: 'stop', announce: announce ? now : undefined };
};

/** The user is seen; the question is only whether anybody might believe otherwise. */
function present(standing: Standing, visible: Visible, repeated: boolean, graceMs: number): Step {
  return steady(visible, mayBeBelievedOtherwise(standing, visible, repeated, graceMs));
}

function mayBeBelievedOtherwise(standing: Standing, visible: Visible, repeated: boolean, graceMs: number): boolean {
  const changed = visible.before !== visible.status;
  switch (standing.is) {
    case 'unknown':
      return changed || repeated;
    case 'steady':
      // Where this call has changed it to what was announced from here, somebody else (another owner, the TTL) had changed it meanwhile.
      return changed || standing.visible.status !== visible.status;
    case 'leaving':
      if (standing.said?.status !== visible.status) return true;
      // Back from "away" of another owner, who has said so; or from offline: within the grace time, by the engine's clock, nobody has said it.
      return changed && (visible.before !== 'offline' || visible.version - standing.going.version >= graceMs);
  }
}

/**
 * Nobody is seen now. `doubted`: if this going is not known here, somebody may be told so, or have been, while an owner who knows more keeps the
 * going quiet. Then what others believe is unknown, and said in any case once the grace time is over or the user is back.
 */
function gone(standing: Standing, visible: Visible, doubted: boolean): Step {
  const since = versionOf(standing);
  if (visible.before !== 'offline') return leave(visible, believed(standing, visible));
  if (standing.is === 'steady' && standing.visible.status !== 'offline') return leave(visible, standing.visible);
  if (visible.version > since && standing.is === 'leaving') return leave(visible, standing.said);
  if (visible.version > since && doubted) return leave(visible, undefined);
  // Known, or another owner's to tell.
  return { standing };
}

function leave(visible: Visible, said: Announcement | undefined): Step {
  return { standing: { is: 'leaving', going: announcement(visible), said }, grace: 'start' };
}

/**
 * What others took the user for until this call; undefined: it is not known, and they are told in any case. Whoever knows nothing takes the engine's word
 * for what it was before.
 *
 * Interleaving of owners: 0 says away, sees the user gone and keeps it quiet → 1 says online → 2 sees that one gone and keeps it quiet → 0 sees the user away again,
 * as it had said itself, and says nothing; others believe online. So an owner that finds the user to have been something else than it takes
 * others to believe does not know what they believe.
 */
function believed(standing: Standing, { before, version }: Visible): Announcement | undefined {
  if (standing.is === 'unknown') return { status: before, version: version - 1 };
  const said = standing.is === 'leaving' ? standing.said : standing.visible;
  return said?.status === before ? said : undefined;
}

/**
 * Only the engine's answer decides: whoever is seen again meanwhile, by another owner, stays as announced, and one that came and went
 * elsewhere meanwhile begins a grace time of its own. So nobody says "offline" within the grace time of the latest going, whoever saw which.
 */
function graceOver(standing: Standing, visible: Visible): Step {
  if (standing.is !== 'leaving') return { standing, grace: 'stop' };
  if (visible.status !== 'offline') return steady(visible, backAsAnother(standing, visible));
  if (visible.version > standing.going.version) return gone(standing, visible, false);
  return steady(visible, true);
}

const backAsAnother = ({ said }: Leaving, { status, before }: Visible): boolean =>
  said?.status !== status || before !== status;
