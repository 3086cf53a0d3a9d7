import { Actor, ActorSystem, type ActorRef } from '#actor';
import { INCREMENT, Tally, until, type Contender, type Increment } from './contender.js';

class Counter extends Actor<Increment> {
  private total = 0;

  constructor(private readonly tally: Tally) {
    super();
  }

  receive(message: Increment): void {
    this.total += message.by;
    this.tally.handled++;
  }
}

/** Through a ref that is held. */
export class OursSpawned implements Contender {
  private readonly tally = new Tally();
  private readonly system = new ActorSystem();
  private readonly actors: ActorRef<Increment>[] = [];
  private readonly props = { create: () => new Counter(this.tally), mailboxCapacity: 100_000 };

  async spawn(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const actor = this.system.spawn(this.props);
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

/** By key: one lookup a tell. */
export class OursVirtual implements Contender {
  private readonly tally = new Tally();
  private readonly kind = new ActorSystem().register<Increment>({
    kind: 'counter',
    create: () => new Counter(this.tally),
    mailboxCapacity: 100_000,
  });
  private readonly keys: string[] = [];

  async spawn(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const key = `user-${i}`;
      this.keys.push(key);
      this.kind.tell(key, INCREMENT);
    }
    await until(this, count);
  }

  tell(actor: number): void {
    this.kind.tell(this.keys[actor]!, INCREMENT);
  }

  handled(): number {
    return this.tally.handled;
  }
}
