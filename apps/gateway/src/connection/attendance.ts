import { setImmediate as turn } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import type { RefreshReply, VisibleStatus } from '#contract';
import type { Member } from '#mesh';
import { CLOCK } from '#service';
import { Presences, type Connected } from '../upstream/presences.js';
import { Deadlines } from './deadlines.js';
import { Wheel } from './wheel.js';

/** Each connection's presence is refreshed once in so many ms; the engine forgets what is not refreshed for 90 s (PROTOCOL.md §9). */
const REFRESH_MS = 30_000;
/** Connections in one refresh. */
const BATCH = 500;
/** A leaving that could not be told is told again after so many ms, … */
const RETRY_MS = 5_000;
/** … for so long, ms: by then the engine has forgotten the connection by itself. */
const FORGOTTEN_AFTER_MS = 90_000;

/** A registered session, as far as presence is concerned. */
export interface Attendant {
  readonly connectionId: string;
  readonly identity: { readonly userId: string; readonly device?: string } | undefined;
  readonly closed: boolean;
  /** Messages may have passed it by: it was not in the presence for a while. */
  doubt(): void;
}

interface Entering {
  readonly answered: Promise<unknown>;
  /** It has been taken back meanwhile. */
  left: boolean;
}

interface Leaving {
  readonly who: Connected;
  readonly until: number;
}

/** Keeps the presence service's picture of this gateway's connections true: enters those that come, refreshes those that stay, removes those that go. */
@Injectable()
export class Attendance {
  private readonly logger = new Logger(Attendance.name);
  private readonly wheel: Wheel<Attendant>;
  private readonly untold: Deadlines<Leaving>;
  /** Who has left and could not be told of yet, by connection. */
  private readonly leaving = new Map<string, Leaving>();
  private readonly removals = new Set<Promise<unknown>>();
  /** Being entered, by connection. */
  private readonly entering = new Map<string, Entering>();
  /** Statuses that connections have set, where they are not `online`. */
  private readonly stated = new Map<string, VisibleStatus>();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly presences: Presences,
  ) {
    this.wheel = new Wheel(clock, REFRESH_MS, (some) => this.refresh(some));
    this.untold = new Deadlines(clock, RETRY_MS, (leaving) => this.remove(leaving));
  }

  /** Connections that are kept refreshed. */
  get size(): number {
    return this.wheel.size;
  }

  /**
   * Interleaving: a registration failed and was taken back, presence could not be told → the client tries again and succeeds → the leaving is
   * told at last and removes it. So whoever enters is not leaving any more.
   *
   * Rejects also where it was taken back meanwhile: to be taken back once more then, for an ask that is sent again to another owner is overtaken.
   */
  async enter(who: Connected): Promise<void> {
    const leaving = this.leaving.get(who.connectionId);
    if (leaving) this.forget(leaving);
    const entering: Entering = { answered: this.presences.register(who), left: false };
    this.entering.set(who.connectionId, entering);
    await entering.answered.finally(() => this.entering.delete(who.connectionId));
    if (entering.left) throw new Error('the connection ended while it was being entered');
  }

  /** Entered, and to be kept so. */
  stay(session: Attendant): void {
    this.wheel.add(session);
  }

  /** Takes it back, also if its entering is still under way: calls for one user go one way, in order. */
  leave(who: Connected): void {
    const entering = this.entering.get(who.connectionId);
    if (entering) entering.left = true;
    const leaving: Leaving = { who, until: this.clock.now() + FORGOTTEN_AFTER_MS };
    this.leaving.set(who.connectionId, leaving);
    this.remove(leaving);
  }

  /** The connection has said what others are to see of it. Remembered, for presence may forget the connection: then it is said again. */
  state(connectionId: string, status: VisibleStatus): void {
    if (status === 'online') this.stated.delete(connectionId);
    else this.stated.set(connectionId, status);
  }

  gone(session: Attendant): void {
    this.stated.delete(session.connectionId);
    this.wheel.remove(session);
  }

  /** Resolves when all that left has been told, or could not be; for when nobody is here any more. */
  async settled(): Promise<void> {
    while (this.entering.size + this.removals.size > 0) {
      await Promise.allSettled([...this.removals, ...[...this.entering.values()].map(({ answered }) => answered)]);
      // Those that were being entered, and have ended, are taken back once more.
      await turn();
    }
  }

  stop(): void {
    this.wheel.stop();
    this.untold.stop();
  }

  private remove(leaving: Leaving): void {
    const removal = this.presences.remove(leaving.who).then(
      () => this.forget(leaving),
      (error: unknown) => this.retry(leaving, error),
    );
    this.removals.add(removal);
    void removal.finally(() => this.removals.delete(removal));
  }

  private retry(leaving: Leaving, error: unknown): void {
    const { connectionId } = leaving.who;
    if (this.leaving.get(connectionId) !== leaving) return;
    this.logger.warn({ err: error, connectionId }, 'presence could not be told of a leaving');
    if (this.clock.now() + RETRY_MS < leaving.until) this.untold.start(leaving);
    else this.forget(leaving);
  }

  private forget(leaving: Leaving): void {
    this.untold.cancel(leaving);
    if (this.leaving.get(leaving.who.connectionId) === leaving) this.leaving.delete(leaving.who.connectionId);
  }

  /** Those that are not registered are left out. */
  refresh(sessions: Iterable<Attendant>): void {
    for (const [owner, some] of this.byOwner(sessions))
      for (let i = 0; i < some.length; i += BATCH) void this.refreshAt(owner, some.slice(i, i + BATCH));
  }

  private byOwner(sessions: Iterable<Attendant>): Map<Member, Attendant[]> {
    const groups = new Map<string, { readonly owner: Member; readonly some: Attendant[] }>();
    for (const session of sessions) {
      const owner = session.identity && this.presences.owner(session.identity.userId);
      if (!owner) continue;
      const group = groups.get(owner.id);
      if (group) group.some.push(session);
      else groups.set(owner.id, { owner, some: [session] });
    }
    return new Map([...groups.values()].map(({ owner, some }) => [owner, some]));
  }

  private async refreshAt(owner: Member, sessions: readonly Attendant[]): Promise<void> {
    const connections = sessions.flatMap(({ identity, connectionId }) =>
      identity ? [{ userId: identity.userId, connectionId }] : [],
    );
    try {
      const { missing } = await this.presences.refresh(owner, connections);
      this.enterAgain(sessions, missing);
    } catch (error) {
      this.logger.warn({ err: error, owner: owner.id, connections: connections.length }, 'presence was not refreshed');
    }
  }

  private enterAgain(sessions: readonly Attendant[], missing: RefreshReply['missing']): void {
    if (missing.length === 0) return;
    const lost = new Set(missing);
    for (const session of sessions) if (lost.has(session.connectionId)) void this.reenter(session);
  }

  /**
   * It was forgotten (swept, expired), so messages stored meanwhile were not pushed to it: once it is entered again, it looks into its log.
   * Races with its close on both sides: one that has closed before the answer is not entered again, and one that closes during the
   * entering is removed again.
   */
  private async reenter(session: Attendant): Promise<void> {
    const { identity, connectionId } = session;
    if (!identity || session.closed) return;
    const status = this.stated.get(connectionId);
    const who: Connected = { userId: identity.userId, device: identity.device, connectionId, status };
    try {
      await this.enter(who);
      session.doubt();
    } catch (error) {
      if (session.closed) this.leave(who);
      else this.logger.warn({ err: error, connectionId }, 'a forgotten connection could not be entered again');
    }
  }
}
