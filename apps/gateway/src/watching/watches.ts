import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Clock } from '#actor';
import { ROLE, type UserStatus } from '#contract';
import type { Member, Mesh } from '#mesh';
import { ProtocolError, type WatchedUser } from '#protocol';
import { CLOCK, CONFIG, MESH } from '#service';
import type { GatewayConfig } from '../config.js';
import { Announcement } from '../connection/outgoing.js';
import { Presences } from '../upstream/presences.js';
import { Renewal, byOwner, type RenewedAt } from '../upstream/renewal.js';
import { Watched, Watching, visible, type Watcher } from './watched.js';

/**
 * Who of this gateway watches whom. Presence knows each watched user once, however many sessions watch; what it says goes to all of them, encoded
 * once. Nothing here costs a session that watches nobody anything.
 */
@Injectable()
export class Watches implements RenewedAt, OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Watches.name);
  private readonly byWatcher = new Map<Watcher, Watching>();
  private readonly byUser = new Map<string, Watched>();
  /** The last command under way, by watcher. */
  private readonly turns = new Map<Watcher, Promise<void>>();
  private readonly renewal: Renewal;
  private readonly max: number;
  private unsubscribe: (() => void) | undefined;
  private tooMany = 0;

  constructor(
    @Inject(CLOCK) clock: Clock,
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly presences: Presences,
    @Inject(CONFIG) config: Pick<GatewayConfig, 'MAX_WATCHES'>,
  ) {
    this.max = config.MAX_WATCHES;
    this.renewal = new Renewal(clock, this);
  }

  /** Pushes are at most once: after whatever may have cost one, presence is asked again. */
  onModuleInit(): void {
    this.unsubscribe = this.mesh.subscribe({
      onReconnected: () => this.renewAll(),
      onMissed: (member) => {
        if (member.role === ROLE.presence) this.renewAll();
      },
      onLeft: (member, reason) => {
        if (member.role === ROLE.presence && reason === 'expired') this.renewAll();
      },
    });
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
  }

  /** Users watched from here. */
  get size(): number {
    return this.byUser.size;
  }

  /** How often a session wanted to watch more than it may. */
  get refused(): number {
    return this.tooMany;
  }

  /** Sessions that watch somebody. */
  get watchers(): number {
    return this.byWatcher.size;
  }

  // ------------------------------------------------------------- commands

  /**
   * From the answer on, the watcher is told of every change. Rejects where presence is away: then nothing of this call is watched that was not before.
   */
  watch(watcher: Watcher, userIds: readonly string[]): Promise<readonly WatchedUser[]> {
    return this.inTurn(watcher, () => this.begin(watcher, [...new Set(userIds)]));
  }

  /** Resolves when it is done: an unwatch that overtook the watch before it would be undone by that one's answer. */
  unwatch(watcher: Watcher, userIds: readonly string[]): Promise<void> {
    return this.inTurn(watcher, () => {
      const watching = this.byWatcher.get(watcher);
      if (watching) this.leave(watching, userIds);
    });
  }

  /** The session has ended. */
  end(watcher: Watcher): void {
    const watching = this.byWatcher.get(watcher);
    if (watching) this.leave(watching, [...watching.users.keys()]);
  }

  /** It can be told again. */
  catchUp(watcher: Watcher): void {
    const watching = this.byWatcher.get(watcher);
    if (!watching) return;
    for (const name of watching.untold) {
      watching.untold.delete(name);
      const { status } = this.byUser.get(name) ?? {};
      if (status && !this.tell(watching, announcement(status), name)) return;
    }
  }

  // ------------------------------------------------------------- what presence says

  learn(status: UserStatus): void {
    const watched = this.byUser.get(status.userId);
    if (!watched?.learn(status)) return;
    const change = announcement(status);
    for (const watching of watched.by)
      if (watching.users.get(status.userId) === 'answered') this.tell(watching, change, status.userId);
  }

  renewAll(): void {
    this.renewal.renew(this.byUser.keys());
  }

  stop(): void {
    this.renewal.stop();
  }

  // ------------------------------------------------------------- RenewedAt

  owner(userId: string): Member | undefined {
    return this.presences.owner(userId);
  }

  async renew(owner: Member, userIds: readonly string[]): Promise<void> {
    const wanted = userIds.filter((userId) => this.byUser.has(userId));
    if (wanted.length > 0) await this.askAt(owner, wanted);
  }

  onFailed(userIds: readonly string[], error: unknown): void {
    this.logger.warn({ err: error, users: userIds.length }, 'watched users were not renewed');
  }

  // ------------------------------------------------------------- its parts

  /** Commands of one watcher are done one after the other. */
  private inTurn<T>(watcher: Watcher, command: () => T | Promise<T>): Promise<T> {
    const done = (this.turns.get(watcher) ?? Promise.resolve()).then(command);
    const turn: Promise<void> = done.then(
      () => this.turnEnded(watcher, turn),
      () => this.turnEnded(watcher, turn),
    );
    this.turns.set(watcher, turn);
    return done;
  }

  private turnEnded(watcher: Watcher, turn: Promise<void>): void {
    if (this.turns.get(watcher) === turn) this.turns.delete(watcher);
  }

  /** Local first: a change that presence tells while it is being asked is not lost, it is in the answer. */
  private async begin(watcher: Watcher, names: readonly string[]): Promise<readonly WatchedUser[]> {
    if (watcher.closed) return [];
    const watching = this.of(watcher, names);
    const added = names.filter((name) => !watching.users.has(name));
    for (const name of added) this.enter(watching, name);
    try {
      const answers = await this.ask(names.filter((name) => this.isUnknown(name)));
      return names.flatMap((name) => this.answer(watching, name, answers));
    } catch (error) {
      this.leave(watching, added);
      throw error;
    }
  }

  private tell(watching: Watching, change: Announcement, userId: string): boolean {
    const told = watching.watcher.tell(change);
    if (!told) watching.untold.add(userId);
    return told;
  }

  private of(watcher: Watcher, names: readonly string[]): Watching {
    const known = this.byWatcher.get(watcher);
    const fresh = known ? names.filter((name) => !known.users.has(name)).length : names.length;
    if ((known?.users.size ?? 0) + fresh > this.max) {
      this.tooMany++;
      throw new ProtocolError('WS_INVALID_PAYLOAD', `a connection watches at most ${this.max} users`);
    }
    const watching = known ?? new Watching(watcher);
    if (!known && names.length > 0) this.byWatcher.set(watcher, watching);
    return watching;
  }

  private enter(watching: Watching, userId: string): void {
    watching.users.set(userId, 'asked');
    const watched = this.byUser.get(userId) ?? new Watched();
    watched.by.add(watching);
    if (watched.by.size > 1) return;
    this.byUser.set(userId, watched);
    this.renewal.add(userId);
  }

  private leave(watching: Watching, userIds: readonly string[]): void {
    const orphans: string[] = [];
    for (const userId of userIds) {
      const watched = this.byUser.get(userId);
      watching.forget(userId);
      if (!watched?.by.delete(watching) || watched.by.size > 0) continue;
      this.byUser.delete(userId);
      this.renewal.remove(userId);
      orphans.push(userId);
    }
    if (watching.users.size === 0) this.byWatcher.delete(watching.watcher);
    this.disown(orphans);
  }

  /** What presence does not hear ends by itself (90 s). */
  private disown(userIds: readonly string[]): void {
    for (const { owner, some } of byOwner(userIds, (userId) => this.owner(userId)))
      if (owner) this.presences.unwatch(owner, some);
  }

  /** What is known of a user whose renewal fails may be out of date. */
  private isUnknown(userId: string): boolean {
    return !this.byUser.get(userId)?.status || this.renewal.isFailing(userId);
  }

  private async ask(userIds: readonly string[]): Promise<ReadonlyMap<string, UserStatus>> {
    const batches = byOwner(userIds, (userId) => this.owner(userId));
    const answers = await Promise.all(batches.map(({ owner, some }) => this.askAt(owner, some)));
    return new Map(answers.flat().map((status) => [status.userId, status]));
  }

  /**
   * Interleaving: presence is asked → the last watcher leaves, presence is told → the ask, sent again to another owner, enters the user once more.
   * So whoever is not watched any more when the answer comes is disowned again.
   */
  private async askAt(owner: Member | undefined, userIds: readonly string[]): Promise<readonly UserStatus[]> {
    if (!owner) throw new ProtocolError('WS_UNAVAILABLE');
    const { statuses } = await this.presences.watch(owner, userIds);
    for (const status of statuses) this.learn(status);
    this.disown(userIds.filter((userId) => !this.byUser.has(userId)));
    return statuses;
  }

  /** The newest status known; to a session that has ended meanwhile, what presence answered. */
  private answer(watching: Watching, userId: string, answers: ReadonlyMap<string, UserStatus>): readonly WatchedUser[] {
    if (watching.users.has(userId)) watching.users.set(userId, 'answered');
    watching.untold.delete(userId);
    const status = this.byUser.get(userId)?.status ?? answers.get(userId);
    return status ? [visible(status)] : [];
  }
}

const announcement = (status: UserStatus): Announcement => new Announcement({ type: 'presence', ...visible(status) });
