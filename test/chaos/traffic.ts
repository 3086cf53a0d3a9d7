import { setTimeout as delay } from 'node:timers/promises';
import type { Device } from './device.js';
import { within } from './device.js';
import type { Random } from './random.js';

/** Longer than any request inside the system may take: an answer that has not come by then is not waited for. */
const ANSWER_MS = 10_000;

export interface Counts {
  accepted: number;
  /** Attempts that were refused or not answered, and made again. */
  repeated: number;
  /** The longest that a message had to be tried until it was accepted, ms. */
  longestMs: number;
}

export interface LaneOptions {
  /** The device whose connection of the moment is used. */
  readonly device: Device;
  readonly name: string;
  readonly random: Random;
  /** Between two messages, ms, on average. */
  readonly everyMs: number;
  readonly users: readonly string[];
  readonly conversations: readonly string[];
}

/** Sends one message after the other; each is repeated under its id until it is accepted. */
export class Lane {
  /** The message that is not accepted yet. */
  pending: string | undefined;
  private sent = 0;
  private sending = true;
  private running = true;
  private readonly loop: Promise<void>;

  constructor(
    private readonly options: LaneOptions,
    private readonly counts: Counts,
  ) {
    this.loop = this.run();
  }

  pause(): void {
    this.sending = false;
  }

  resume(): void {
    this.sending = true;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
  }

  private async run(): Promise<void> {
    const { random, everyMs } = this.options;
    while (this.running) {
      await delay(random.between(everyMs / 2, (everyMs * 3) / 2));
      if (!this.running || !this.sending) continue;
      if (random.chance(0.05)) this.whisper();
      else await this.deliver();
    }
  }

  private whisper(): void {
    const { random, users, name, device } = this.options;
    const content = `${name}~${++this.sent}`;
    void device.live?.client.message({ to: random.pick(users), content, ephemeral: true });
  }

  private async deliver(): Promise<void> {
    const { random, users, conversations, name } = this.options;
    const id = `${name}-${++this.sent}`;
    const inRoom = conversations.length > 0 && random.chance(0.25);
    const where = inRoom ? { conversation: random.pick(conversations) } : { to: random.pick(users) };
    const began = performance.now();
    this.pending = id;
    while (this.running && !(await this.attempt({ ...where, content: id, id }))) {
      this.counts.repeated++;
      await delay(random.between(50, 500));
    }
    this.pending = undefined;
    if (!this.running) return;
    this.counts.accepted++;
    this.counts.longestMs = Math.max(this.counts.longestMs, performance.now() - began);
  }

  private async attempt(message: {
    to?: string;
    conversation?: string;
    content: string;
    id: string;
  }): Promise<boolean> {
    const client = this.options.device.live?.client;
    const answer = client && (await within(client.message(message), ANSWER_MS));
    return answer?.kind === 'accepted';
  }
}
