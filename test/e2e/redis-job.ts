import { setTimeout as delay } from 'node:timers/promises';
import {
  describeFaults,
  eventually,
  findFaults,
  HistoryRecorder,
  inboxOf,
  type Cluster,
  type Conditions,
  type DataServer,
  type RecordedClient,
} from '#testing';

/** Between two messages of one sender, ms: enough to have some under way whatever happens when. */
const EVERY_MS = 15;
const BETWEEN_ATTEMPTS_MS = 100;

interface User {
  readonly name: string;
  readonly gateway: string;
  client: RecordedClient | undefined;
  epoch: string | undefined;
  position: number;
  /** How often its connection ended. */
  losses: number;
}

/**
 * The main job while something happens: users in a ring, spread over gateways, each writing to the next one, each message repeated with its id
 * until it is accepted, each lost connection made again with the cursor. All that clients see is recorded.
 */
export class MainJob {
  readonly recorder = new HistoryRecorder();
  accepted = 0;
  /** Answers that were errors, by code. */
  readonly refused = new Map<string, number>();
  private readonly users: readonly User[];
  private writing = true;
  private ended = false;
  private readonly work: Promise<void>[] = [];

  private constructor(
    private readonly cluster: Cluster<DataServer>,
    gateways: readonly string[],
    users: number,
    prefix: string,
  ) {
    this.users = Array.from({ length: users }, (_, i) => ({
      name: `${prefix}-${i}`,
      gateway: gateways[i % gateways.length] as string,
      client: undefined,
      epoch: undefined,
      position: 0,
      losses: 0,
    }));
  }

  /** Resolves once messages flow. */
  static async start(
    cluster: Cluster<DataServer>,
    gateways: readonly string[],
    prefix = 'user',
    users = 8,
  ): Promise<MainJob> {
    const job = new MainJob(cluster, gateways, users, prefix);
    for (const user of job.users) await job.connect(user);
    job.work.push(...job.users.map((user) => job.attend(user)), ...job.users.map((_, i) => job.write(i)));
    await job.goesOn();
    return job;
  }

  /** Resolves once every user has had further messages accepted. */
  async goesOn(timeoutMs = 25_000): Promise<void> {
    const enough = this.accepted + 10 * this.users.length;
    const look = (): void => {
      if (this.accepted < enough) throw new Error(`${this.accepted} of ${enough} accepted; ${this.summary}`);
    };
    await eventually(look, { timeoutMs, everyMs: 20 });
  }

  /** No more new messages; waits until all are accepted and seen, and returns what was wrong. */
  async finish(conditions: Conditions = {}): Promise<string> {
    this.writing = false;
    await Promise.all(this.work.slice(this.users.length));
    await Promise.all(this.users.map((user) => this.caughtUp(user)));
    this.recorder.settled();
    this.ended = true;
    await Promise.all(this.work);
    return describeFaults(findFaults(this.recorder.history(), conditions));
  }

  /** Ends all, whatever was still to come: for a test that failed. */
  abandon(): void {
    this.writing = false;
    this.ended = true;
    for (const { client } of this.users) client?.cut();
  }

  get names(): readonly string[] {
    return this.users.map(({ name }) => name);
  }

  get losses(): number {
    return this.users.reduce((sum, { losses }) => sum + losses, 0);
  }

  /** Error codes that clients were answered, apart from those by which they are asked to try again. */
  get unexpected(): string[] {
    return [...this.refused.keys()].filter((code) => code !== 'WS_UNAVAILABLE');
  }

  get summary(): string {
    return `refused ${JSON.stringify(Object.fromEntries(this.refused))}, ${this.losses} connections lost`;
  }

  private async connect(user: User): Promise<void> {
    const { name, gateway, position, epoch } = user;
    const client = this.recorder.record(await this.cluster.connect(gateway));
    const cursor = epoch === undefined ? {} : { lastMessageId: position, epoch };
    const reply = await client.register(name, { device: 'one', ...cursor });
    if (reply?.['type'] !== 'registered') {
      this.refuse(reply?.['code']);
      client.cut();
      throw new Error(`${name} could not register: ${JSON.stringify(reply)}`);
    }
    user.client = client;
    user.epoch = client.inbox?.opened.epoch;
  }

  private async attend(user: User): Promise<void> {
    while (!this.ended) {
      await delay(5);
      if (user.client?.open) user.position = Math.max(user.position, user.client.position);
      else await this.comeBack(user);
    }
  }

  private async comeBack(user: User): Promise<void> {
    if (user.client) user.losses++;
    // What came in its last moment; where the log began anew, the position is of another life and says so by its epoch.
    if (user.client) user.position = user.client.position;
    user.client = undefined;
    await this.connect(user).catch(() => delay(BETWEEN_ATTEMPTS_MS));
  }

  private async write(i: number): Promise<void> {
    const [user, to] = [this.users[i] as User, this.users[(i + 1) % this.users.length] as User];
    for (let n = 0; this.writing; n++) {
      await this.send(user, to.name, `${user.name}-${n}`);
      await delay(EVERY_MS);
    }
  }

  private async send(user: User, to: string, id: string): Promise<void> {
    while (!this.ended) {
      const answer = await user.client?.message({ to, content: id, id });
      if (answer?.kind === 'accepted') {
        this.accepted++;
        return;
      }
      if (answer) this.refuse(answer.code);
      await delay(BETWEEN_ATTEMPTS_MS);
    }
  }

  private refuse(code: unknown): void {
    const text = String(code);
    this.refused.set(text, (this.refused.get(text) ?? 0) + 1);
  }

  private async caughtUp(user: User): Promise<void> {
    const look = (): void => {
      const newest = this.recorder.newest().get(inboxOf(user.name)) ?? 0;
      const { inbox, position } = user.client ?? { inbox: undefined, position: 0 };
      if (!user.client?.open) throw new Error(`${user.name} is not connected`);
      if (position >= newest || (inbox && position >= this.lastOf(user.name, inbox.opened.epoch))) return;
      throw new Error(`${user.name} has seen ${position} of ${newest}`);
    };
    await eventually(look, { timeoutMs: 20_000, everyMs: 20 });
  }

  /**
   * The highest id of what was sent since the reader knows of its log's present life: others may have been higher. What was sent before may be of the
   * life before, also where it is answered only now.
   */
  private lastOf(name: string, epoch: string): number {
    const { sends, views } = this.recorder.history();
    const lives = views.filter(({ log, opened }) => log === inboxOf(name) && opened.epoch === epoch);
    const known = Math.min(...lives.map(({ opened }) => opened.at));
    const ids = sends.flatMap(({ log, at, answer }) =>
      log === inboxOf(name) && answer?.kind === 'accepted' && at > known ? [answer.messageId] : [],
    );
    return Math.max(0, ...ids);
  }
}
