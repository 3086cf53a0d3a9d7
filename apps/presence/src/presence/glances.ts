import { Inject, Injectable } from '@nestjs/common';
import { Together, type Engine, type GatewayProcess, type Visible } from '#engine';
import { ENGINE } from '#service';

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
