import { INCREMENT, Tally, until, type Contender, type Increment } from './contender.js';

/**
 * The least that is an actor: an array for a mailbox, one message at a time, drained on `setImmediate`; no bound, no supervision, no
 * address, no end.
 */
class BareActor {
  private total = 0;
  private queue: Increment[] | undefined = undefined;

  constructor(private readonly tally: Tally) {}

  tell(message: Increment): void {
    if (this.queue !== undefined) {
      this.queue.push(message);
      return;
    }
    this.queue = [message];
    setImmediate(drain, this);
  }

  drain(): void {
    const queue = this.queue!;
    this.queue = undefined;
    for (const message of queue) this.receive(message);
  }

  private receive(message: Increment): void {
    this.total += message.by;
    this.tally.handled++;
  }
}

function drain(actor: BareActor): void {
  actor.drain();
}

export class Bare implements Contender {
  private readonly tally = new Tally();
  private readonly actors: BareActor[] = [];

  async spawn(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const actor = new BareActor(this.tally);
      this.actors.push(actor);
      actor.tell(INCREMENT);
    }
    await until(this, count);
  }

  tell(actor: number): void {
    this.actors[actor]!.tell(INCREMENT);
  }

  handled(): number {
    return this.tally.handled;
  }
}
