import { setTimeout as delay } from 'node:timers/promises';
import { WireClient, type Frame } from '#testing';
import { Random } from '../random.js';
import { serve } from './fleet.js';

export interface JitterTask {
  readonly urls: readonly string[];
  readonly conversation: string;
  readonly users: readonly string[];
  /** How long a socket lives, and how long its client then is away, ms: from … to. Undefined: nobody's is cut. */
  readonly cuts?:
    { readonly stayMs: readonly [number, number]; readonly awayMs: readonly [number, number] } | undefined;
  readonly seed: number;
}

export interface JitterReport {
  /** Of each message that came to each client first: ms from its sending. */
  readonly latencies: readonly number[];
  readonly repeated: number;
  readonly gaps: number;
  readonly cuts: number;
}

const IN_PARALLEL = 50;

/** A member of the conversation who comes back after each cut with the cursor of what it saw. */
class Member {
  readonly latencies: number[] = [];
  repeated = 0;
  gaps = 0;
  cuts = 0;
  private last = 0;
  private epoch: string | undefined;
  private readonly random: Random;

  constructor(
    private readonly userId: string,
    private readonly task: JitterTask,
  ) {
    this.random = Random.of(task.seed, userId);
  }

  /** Resolves once it is subscribed for the first time; then goes on by itself. */
  async start(): Promise<void> {
    const first = await this.enter();
    if (this.task.cuts) void this.comeAndGo(first);
  }

  private async comeAndGo(first: WireClient): Promise<void> {
    const { cuts } = this.task;
    if (!cuts) return;
    for (let client: WireClient | undefined = first; ; client = await this.enter().catch(() => undefined)) {
      if (client) {
        await delay(this.random.between(...cuts.stayMs));
        client.terminate();
        this.cuts++;
        await delay(this.random.between(...cuts.awayMs));
      } else await delay(this.random.between(100, 1_000));
    }
  }

  private async enter(): Promise<WireClient> {
    const { urls, conversation } = this.task;
    const client = await WireClient.connect(this.random.pick(urls), { handshakeTimeout: 5_000 });
    client.socket.on('message', () => this.take(client.frames.pop() ?? {}));
    const subscribed = this.answer(client, 'subscribed');
    client.send({ type: 'register', userId: this.userId });
    client.send({ type: 'subscribe', conversation, lastMessageId: this.last, epoch: this.epoch, ref: 1 });
    const { epoch } = await subscribed;
    this.epoch = String(epoch);
    return client;
  }

  private answer({ socket }: WireClient, type: string): Promise<Frame> {
    return new Promise((done, fail) => {
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as Frame;
        if (frame['type'] === type) done(frame);
        if (frame['type'] === 'error') fail(new Error(String(frame['error'])));
      });
      socket.once('close', () => fail(new Error('closed')));
    });
  }

  private take({ type, messageId, content }: Frame): void {
    if (type !== 'message') return;
    const id = Number(messageId);
    if (id <= this.last) {
      this.repeated++;
      return;
    }
    if (id !== this.last + 1) this.gaps++;
    this.last = id;
    this.latencies.push(Date.now() - Number(content));
  }
}

let members: readonly Member[] = [];

serve<JitterTask, JitterReport>({
  start: async (task) => {
    members = task.users.map((userId) => new Member(userId, task));
    for (let i = 0; i < members.length; i += IN_PARALLEL)
      await Promise.all(members.slice(i, i + IN_PARALLEL).map((member) => member.start()));
  },
  report: async () => {
    const sum = (of: (member: Member) => number): number => members.reduce((all, member) => all + of(member), 0);
    return {
      latencies: members.flatMap(({ latencies }) => latencies),
      repeated: sum(({ repeated }) => repeated),
      gaps: sum(({ gaps }) => gaps),
      cuts: sum(({ cuts }) => cuts),
    };
  },
});
