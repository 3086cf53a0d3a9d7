import { eventually, type HistoryRecorder, type LogName, type OpenView } from '#testing';
import { Device, type Habit } from './device.js';
import { Random } from './random.js';
import { Lane, type Counts } from './traffic.js';
import type { World } from './world.js';

export interface PopulationOptions {
  readonly seed: number;
  readonly users: number;
  readonly conversations: number;
  /** Messages a second, of all users together. */
  readonly rate: number;
  /** Data may be lost: ids that were accepted may be of an earlier life. */
  readonly flush: boolean;
}

const HABITS: readonly Habit[] = ['cursor', 'cursor', 'manual', 'server'];
const LANES = 2;
const WATCHERS = 2;
/** Of the conversations each user is a member of about so many. */
const MEMBERSHIP = 0.4;

/** The users: devices that read, and lanes that write. */
export class Population {
  readonly counts: Counts = { accepted: 0, repeated: 0, longestMs: 0 };
  readonly devices: Device[] = [];
  readonly users: readonly string[];
  readonly conversations: readonly string[];
  private readonly members = new Map<string, string[]>();
  private readonly lanes: Lane[] = [];

  constructor(
    private readonly options: PopulationOptions,
    private readonly recorder: HistoryRecorder,
  ) {
    this.users = Array.from({ length: options.users }, (_, n) => `user-${n + 1}`);
    this.conversations = Array.from({ length: options.conversations }, (_, n) => `room-${n + 1}`);
    const random = Random.of(options.seed, 'members');
    for (const user of this.users)
      this.members.set(
        user,
        this.conversations.filter(() => random.chance(MEMBERSHIP)),
      );
  }

  /** Makes them members and lets them come. */
  async start(world: World): Promise<void> {
    await this.join(world);
    const { topology, cluster } = world;
    const urls = topology.gateways.map((id) => cluster.gatewayUrl(id));
    const everyMs = (LANES * this.users.length * 1_000) / this.options.rate;
    for (const [n, userId] of this.users.entries()) {
      const random = Random.of(this.options.seed, userId);
      const conversations = this.members.get(userId) ?? [];
      const device = (name: string, habit: Habit, rooms: readonly string[]): Device =>
        new Device(
          { userId, device: name, habit, conversations: rooms, watches: n < WATCHERS ? this.users : [], random, urls },
          this.recorder,
        );
      const first = device('phone', HABITS[n % HABITS.length] ?? 'cursor', conversations);
      this.devices.push(first);
      if (n % 3 === 0) this.devices.push(device('laptop', 'cursor', []));
      for (let lane = 1; lane <= LANES; lane++)
        this.lanes.push(
          new Lane(
            { device: first, name: `${userId}/${lane}`, random, everyMs, users: this.users, conversations },
            this.counts,
          ),
        );
    }
  }

  /** Memberships are data: they are lost with it. */
  async join(world: World): Promise<void> {
    for (const [user, conversations] of this.members)
      await Promise.all(
        conversations.map((conversation) => eventually(() => world.join(conversation, user), { timeoutMs: 30_000 })),
      );
  }

  /** Those that want to be connected and are not. */
  absent(): Device[] {
    return this.devices.filter((device) => device.wants && !device.live?.client.open);
  }

  pause(): void {
    for (const lane of this.lanes) lane.pause();
  }

  resume(): void {
    for (const lane of this.lanes) lane.resume();
  }

  /** Messages that are not accepted yet. */
  pending(): string[] {
    return this.lanes.flatMap(({ pending }) => pending ?? []);
  }

  /** Open views that have not reached the end of their log, for people. */
  behind(): string[] {
    const views = this.devices.flatMap(({ live }) => live?.client.logs ?? []).filter(({ end }) => end === undefined);
    const ends = this.ends(views);
    return views.flatMap((view) => {
      const reached = reachedBy(view);
      const end = ends.get(`${view.log} ${view.opened.epoch}`) ?? 0;
      return reached >= end ? [] : [`${view.reader}/${view.device} at ${reached} of ${end} in ${view.log}`];
    });
  }

  /** What each conversation should be subscribed to by; those that are not. */
  unsubscribed(): string[] {
    return this.devices.flatMap(({ live, options }) => {
      const open = new Set<LogName>(live?.client.logs.map(({ log }) => log));
      return options.conversations.filter((name) => live && !open.has(`conversation:${name}`));
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.stop()));
    await Promise.all(this.devices.map((device) => device.stop()));
  }

  private ends(views: readonly OpenView[]): Map<string, number> {
    const ends = new Map<string, number>();
    const newest = this.options.flush ? new Map<LogName, number>() : this.recorder.newest();
    for (const view of views) {
      const key = `${view.log} ${view.opened.epoch}`;
      ends.set(
        key,
        Math.max(ends.get(key) ?? 0, newest.get(view.log) ?? 0, view.opened.lastMessageId, reachedBy(view)),
      );
    }
    return ends;
  }
}

const reachedBy = ({ messages, cursor, opened }: OpenView): number => {
  const seen = messages.findLast(({ messageId }) => messageId > 0)?.messageId;
  // Where the server knows the cursor and nothing came, everything had been delivered before.
  return seen ?? (opened.resumed ? (cursor ?? opened.lastMessageId) : 0);
};
