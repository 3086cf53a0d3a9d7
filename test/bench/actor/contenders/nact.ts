import nact from 'nact';
import { INCREMENT, Tally, until, type Contender, type Increment } from './contender.js';

function spawnCounter(system: nact.ActorSystemRef, tally: Tally, name: string): object {
  return nact.spawn(
    system,
    (total: number, message: Increment) => {
      tally.handled++;
      return total + message.by;
    },
    name,
    { initialState: 0 },
  );
}

export class Nact implements Contender {
  private readonly tally = new Tally();
  private readonly system = nact.start();
  private readonly actors: object[] = [];

  async spawn(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const actor = spawnCounter(this.system, this.tally, `counter-${this.actors.length}`);
      this.actors.push(actor);
      nact.dispatch(actor, INCREMENT);
    }
    await until(this, count);
  }

  tell(actor: number): void {
    nact.dispatch(this.actors[actor]!, INCREMENT);
  }

  handled(): number {
    return this.tally.handled;
  }
}
