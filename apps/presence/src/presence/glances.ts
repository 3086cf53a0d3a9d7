import { Inject, Injectable } from '@nestjs/common';
import type { Engine, GatewayProcess, Visible } from '#engine';
import { ENGINE } from '#service';

interface Waiting<R> {
  readonly key: string;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions of one event-loop turn about single keys, asked as one about all of them. */
export class Together<R> {
  private waiting: Waiting<R>[] = [];

  /** @param ask answers in the order of the keys. */
  constructor(private readonly ask: (keys: readonly string[]) => Promise<readonly R[]>) {}

  of(key: string): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ key, resolve, reject }) === 1) setImmediate(() => void this.askAll());
    });
  }

  private async askAll(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    try {
      const results = await this.ask(waiting.map(({ key }) => key));
      waiting.forEach(({ resolve }, i) => resolve(results[i] as R));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

/**
 * What the actors of many users look up at the same time: when a gateway dies, the grace times of all its users end together, and each asks two
 * questions. One call to the engine for each user would take it longer than to remove them all.
 */
@Injectable()
export class Glances {
  private readonly seen: Together<Visible>;
  private readonly watching: Together<readonly GatewayProcess[]>;

  constructor(@Inject(ENGINE) engine: Engine) {
    this.seen = new Together(async (users) => (await engine.presence.describe(users)).map(({ visible }) => visible));
    this.watching = new Together((users) => engine.watchers.ofEach(users));
  }

  /** What is to be seen of the user now. */
  visible(userId: string): Promise<Visible> {
    return this.seen.of(userId);
  }

  /** The gateways that watch the user now. */
  watchers(userId: string): Promise<readonly GatewayProcess[]> {
    return this.watching.of(userId);
  }
}
