import { createActor, fromTransition, type ActorRefFrom } from 'xstate';
import { INCREMENT, Tally, until, type Contender, type Increment } from './contender.js';

const counter = (tally: Tally) =>
  fromTransition(
    (state: { total: number }, event: Increment) => {
      tally.handled++;
      return { total: state.total + event.by };
    },
    { total: 0 },
  );

/** Handles a message within `send`, on the sender's stack. */
export class XState implements Contender {
  private readonly tally = new Tally();
  private readonly logic = counter(this.tally);
  private readonly actors: ActorRefFrom<ReturnType<typeof counter>>[] = [];

  async spawn(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const actor = createActor(this.logic).start();
      this.actors.push(actor);
      actor.send(INCREMENT);
    }
    await until(this, count);
  }

  tell(actor: number): void {
    this.actors[actor]!.send(INCREMENT);
  }

  handled(): number {
    return this.tally.handled;
  }
}
