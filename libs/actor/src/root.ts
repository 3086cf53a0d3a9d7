import type { ActorProps, ActorRef } from './actor.js';
import { Cell } from './cell.js';
import { Chain, type Link } from './chain.js';
import type { Home } from './home.js';
import type { Runtime } from './runtime.js';

/** Home of the actors that were spawned without a parent. */
export class Root implements Home {
  readonly path = '';
  readonly virtual = false;
  readonly reactivates = false;
  readonly tick = 0;
  readonly keepsIdle = undefined;
  readonly escalate = undefined;
  size = 0;
  private readonly cells = new Chain<Cell<never>>();
  private whenEmpty: (() => void) | undefined = undefined;

  constructor(private readonly runtime: Runtime) {}

  spawn<M>(props: ActorProps<M>, name?: string): ActorRef<M> {
    const cell = new Cell(this.runtime, this, props, name ?? this.runtime.nextNumber());
    if (this.whenEmpty !== undefined) return cell.neverBegun();
    this.cells.add(cell as unknown as Cell<never>);
    this.size++;
    return cell.begin();
  }

  successor(): undefined {
    return undefined;
  }

  ended(cell: Link): void {
    cell.unlink();
    this.size--;
    if (this.size === 0) this.whenEmpty?.();
  }

  /** Stops all and spawns none any more; resolves when the last has ended. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.whenEmpty = resolve;
      for (const cell of this.cells.all()) cell.stop();
      if (this.size === 0) resolve();
    });
  }
}
