import { Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import type { Connected, Presences } from '../upstream/presences.js';
import { Deadlines } from './deadlines.js';
import { OutageLog } from './outage-log.js';

/** A leaving that could not be told is told again after so many ms, … */
const RETRY_MS = 5_000;
/** … for so long, ms: by then the engine has forgotten the connection by itself. */
const FORGOTTEN_AFTER_MS = 90_000;

interface Leaving {
  readonly who: Connected;
  readonly until: number;
}

/** Tells presence who has left, until it is told or does not matter any more. */
export class Leavings {
  private readonly outage: OutageLog;
  private readonly untold: Deadlines<Leaving>;
  /** Who has left and could not be told of yet, by connection. */
  private readonly leaving = new Map<string, Leaving>();
  private readonly telling = new Set<Promise<unknown>>();

  constructor(
    private readonly clock: Clock,
    private readonly presences: Presences,
  ) {
    this.outage = new OutageLog(clock, new Logger(Leavings.name));
    this.untold = new Deadlines(clock, RETRY_MS, (leaving) => this.tell(leaving));
  }

  /** Being told just now. */
  get underWay(): ReadonlySet<Promise<unknown>> {
    return this.telling;
  }

  add(who: Connected): void {
    const leaving: Leaving = { who, until: this.clock.now() + FORGOTTEN_AFTER_MS };
    this.leaving.set(who.connectionId, leaving);
    this.tell(leaving);
  }

  /** It is back. */
  cancel(connectionId: string): void {
    const leaving = this.leaving.get(connectionId);
    if (leaving) this.forget(leaving);
  }

  stop(): void {
    this.untold.stop();
  }

  private tell(leaving: Leaving): void {
    const telling = this.presences.remove(leaving.who).then(
      () => this.forget(leaving),
      (error: unknown) => this.retry(leaving, error),
    );
    this.telling.add(telling);
    void telling.finally(() => this.telling.delete(telling));
  }

  private retry(leaving: Leaving, error: unknown): void {
    const { connectionId } = leaving.who;
    if (this.leaving.get(connectionId) !== leaving) return;
    this.outage.report({ connectionId, userId: leaving.who.userId }, error);
    if (this.clock.now() + RETRY_MS < leaving.until) this.untold.start(leaving);
    else this.forget(leaving);
  }

  private forget(leaving: Leaving): void {
    this.untold.cancel(leaving);
    if (this.leaving.get(leaving.who.connectionId) === leaving) this.leaving.delete(leaving.who.connectionId);
  }
}
