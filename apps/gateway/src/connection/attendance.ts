import { setImmediate as turn } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import type { InboxPosition, RegisterReply, VisibleStatus } from '#contract';
import type { Member } from '#mesh';
import { CLOSE, ProtocolError, TEXTS, type CloseCode } from '#protocol';
import { CLOCK } from '#service';
import { Presences, type Arriving, type Connected } from '../upstream/presences.js';
import { Again } from './again.js';
import { Leavings } from './leavings.js';
import { TooManyWaitError, Turns } from './turns.js';
import { Waves } from './waves.js';
import { Wheel } from './wheel.js';

/** Each connection's presence is refreshed once in so many ms; the engine forgets what is not refreshed for 90 s (PROTOCOL.md §9). */
const REFRESH_MS = 30_000;
/** Connections in one call. */
const BATCH = 500;
/** What failed is tried again after about so many ms. */
const RETRY_MS = 5_000;
/** Registrations under way at once: as many as keep presence and router busy, few enough not to flood them when thousands come together. */
const AT_ONCE = 256;
/** Registrations that wait for their turn; more are told to come again. */
const MOST_WAITING = 10_000;
/** Registrations that come so soon after others, ms, are asked for together: presence and Redis are woken once for many. */
const GATHER_MS = 8;
/** Those come again within so many ms after as many, at random. */
const AGAIN_MS = 2_000;

/** A registered session, as far as presence is concerned. */
export interface Attendant {
  readonly connectionId: string;
  readonly identity: { readonly userId: string; readonly device?: string } | undefined;
  readonly closed: boolean;
  /** Its place among the user's connections, as presence has given it; 0 until it is registered. */
  since: number;
  /** Messages may have passed it by: it was not in the presence for a while. */
  doubt(): void;
  close(code: CloseCode, reason: string): void;
}

/** A connection between the beginning of its registration and the end of that. */
interface Entering {
  /** Presence has been asked; before that it waits for its turn. */
  asked: boolean;
  since: number;
  /** It has been taken back meanwhile. */
  left: boolean;
  /** All others were looked after while presence was being asked: it may have entered this one under a name that this process has no more, or forgotten it. */
  passedOver: boolean;
}

/** Keeps the presence service's picture of this gateway's connections true: enters those that come, refreshes those that stay, removes those that go. */
@Injectable()
export class Attendance {
  private readonly logger = new Logger(Attendance.name);
  private readonly wheel: Wheel<Attendant>;
  private readonly leavings: Leavings;
  private readonly turns = new Turns(AT_ONCE, MOST_WAITING);
  private readonly waves = new Waves(GATHER_MS);
  private readonly entering = new Map<string, Entering>();
  private readonly registering = new Set<Promise<RegisterReply>>();
  /** Statuses that connections have set, where they are not `online`. */
  private readonly stated = new Map<string, VisibleStatus>();
  private readonly unrefreshed: Again<Attendant>;
  private readonly unentered: Again<Attendant>;

  constructor(
    @Inject(CLOCK) clock: Clock,
    private readonly presences: Presences,
  ) {
    this.wheel = new Wheel(clock, REFRESH_MS, (some) => void this.refresh(some));
    this.leavings = new Leavings(clock, presences);
    this.unrefreshed = new Again(clock, RETRY_MS, (some) => void this.refresh(some));
    this.unentered = new Again(clock, RETRY_MS, (some) => void this.enterAgain(some));
  }

  /** Connections that are kept refreshed. */
  get size(): number {
    return this.wheel.size;
  }

  /** Registrations that wait for their turn. */
  get waiting(): number {
    return this.turns.waiting;
  }

  /**
   * The beginning of a registration, which ends with `stay` or `leave`: until then it takes one of the places for those at once.
   *
   * Interleaving: a registration failed and was taken back, presence could not be told → the client tries again and succeeds → the leaving is
   * told at last and removes it. So whoever enters is not leaving any more.
   *
   * Resolves with where it stands in its inbox, if presence tells.
   * Rejects also where it was taken back meanwhile: to be taken back once more then, for an ask that is sent again to another owner is overtaken.
   */
  async enter(who: Arriving): Promise<InboxPosition | undefined> {
    const entering: Entering = { asked: false, since: 0, left: false, passedOver: false };
    this.entering.set(who.connectionId, entering);
    const place = this.turns.begin(who.connectionId);
    if (place) await place.catch(notNow);
    const wave = this.waves.join();
    if (wave) await wave;
    if (entering.left) throw new Error('the connection ended before it was entered');
    this.leavings.cancel(who.connectionId);
    entering.asked = true;
    const asked = this.presences.register(who);
    this.registering.add(asked);
    let reply: RegisterReply;
    try {
      reply = await asked;
    } finally {
      this.registering.delete(asked);
    }
    entering.since = reply.since;
    if (entering.left) throw new Error('the connection ended while it was being entered');
    if (reply.outranked) throw new Error('it came so late that a newer connection of the user has its place');
    return reply.inbox;
  }

  /** Entered, and to be kept so. */
  stay(session: Attendant): void {
    const entering = this.over(session.connectionId);
    session.since = entering?.since ?? 0;
    this.wheel.add(session);
    if (entering?.passedOver) void this.enterAgain([session]);
  }

  /** Takes it back, also if its entering is still under way: calls for one user go one way, in order. */
  leave(who: Connected): void {
    const entering = this.over(who.connectionId);
    if (entering) entering.left = true;
    if (entering?.asked !== false) this.leavings.add(who);
  }

  /** The connection has said what others are to see of it. Remembered, for presence may forget the connection: then it is said again. */
  state(connectionId: string, status: VisibleStatus): void {
    if (status === 'online') this.stated.delete(connectionId);
    else this.stated.set(connectionId, status);
  }

  gone(session: Attendant): void {
    this.stated.delete(session.connectionId);
    this.unrefreshed.remove(session);
    this.unentered.remove(session);
    this.wheel.remove(session);
  }

  /** Resolves when all that left has been told, or could not be; for when nobody is here any more. */
  async settled(): Promise<void> {
    while (this.registering.size + this.leavings.underWay.size > 0) {
      await Promise.allSettled([...this.registering, ...this.leavings.underWay]);
      // Those that were being entered, and have ended, are taken back once more.
      await turn();
    }
  }

  stop(): void {
    this.wheel.stop();
    this.leavings.stop();
    this.unrefreshed.stop();
    this.unentered.stop();
  }

  /** Those that are not registered are left out. Resolves when all are answered for, or cannot be now. */
  refresh(sessions: Iterable<Attendant>): Promise<void> {
    return this.atOwners(sessions, (owner, some) => this.refreshAt(owner, some));
  }

  /** Enters them again, whatever presence has of them: under the name that this process has now. As `refresh`. */
  enterAgain(sessions: Iterable<Attendant>): Promise<void> {
    return this.atOwners(sessions, (owner, some) => this.enterAt(owner, some));
  }

  /** Its registration has ended, one way or the other. */
  private over(connectionId: string): Entering | undefined {
    const entering = this.entering.get(connectionId);
    this.entering.delete(connectionId);
    this.turns.end(connectionId);
    return entering;
  }

  private async atOwners(
    sessions: Iterable<Attendant>,
    call: (owner: Member, some: readonly Attendant[]) => Promise<void>,
  ): Promise<void> {
    const calls: Promise<void>[] = [];
    for (const [owner, some] of this.byOwner(sessions))
      for (let i = 0; i < some.length; i += BATCH) calls.push(call(owner, some.slice(i, i + BATCH)));
    await Promise.all(calls);
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
    const connections = sessions.flatMap((session) => this.connected(session));
    if (connections.length === 0) return;
    try {
      const { missing } = await this.presences.refresh(owner, connections);
      const lost = new Set(missing);
      if (lost.size > 0)
        await this.enterAt(
          owner,
          sessions.filter(({ connectionId }) => lost.has(connectionId)),
        );
    } catch (error) {
      this.logger.warn({ err: error, owner: owner.id, connections: connections.length }, 'presence was not refreshed');
      for (const session of sessions) if (!session.closed) this.unrefreshed.add(session);
    }
  }

  /**
   * They were forgotten (swept, expired), so messages stored meanwhile were not pushed to them: once entered again, they look into their logs.
   * Races with the close of each on both sides: one that has closed before is not entered again, and one that closes during the entering is
   * removed again.
   */
  private async enterAt(owner: Member, sessions: readonly Attendant[]): Promise<void> {
    const connections = sessions.flatMap((session) => this.connected(session));
    if (connections.length === 0) return;
    try {
      const { outranked, failed } = await this.presences.enter(owner, connections);
      const [late, missed] = [new Set(outranked), new Set(failed)];
      for (const session of sessions) this.entered(session, late, missed);
    } catch (error) {
      this.logger.warn(
        { err: error, owner: owner.id, connections: connections.length },
        'presence was not entered again',
      );
      for (const session of sessions) this.notEntered(session);
    }
  }

  private entered(session: Attendant, outranked: ReadonlySet<string>, failed: ReadonlySet<string>): void {
    const { connectionId, closed } = session;
    if (closed || failed.has(connectionId)) this.notEntered(session);
    else if (outranked.has(connectionId)) session.close(CLOSE.replaced, 'replaced by a newer connection');
    else session.doubt();
  }

  private notEntered(session: Attendant): void {
    const { identity, connectionId, closed } = session;
    if (closed && identity) return this.leave({ userId: identity.userId, connectionId });
    if (!closed) this.unentered.add(session);
  }

  /**
   * None where it has no user, has ended, or is being registered: without a place yet it would be given the newest.
   *
   * Interleaving: its registration is under way, and hangs → all are entered again → its client gives up, connects anew and is registered → the
   * entering takes effect, and closes the newer connection of its device.
   */
  private connected({ identity, connectionId, closed, since }: Attendant): Connected[] {
    if (!identity || closed) return [];
    const entering = this.entering.get(connectionId);
    if (entering) {
      entering.passedOver ||= entering.asked;
      return [];
    }
    const { userId, device } = identity;
    return [{ userId, device, connectionId, since, status: this.stated.get(connectionId) }];
  }
}

function notNow(error: unknown): never {
  if (!(error instanceof TooManyWaitError)) throw error;
  throw new ProtocolError('WS_UNAVAILABLE', TEXTS.registerFailed, Math.round(AGAIN_MS * (1 + Math.random())));
}
