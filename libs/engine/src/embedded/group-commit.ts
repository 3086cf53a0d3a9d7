import type { RootDatabase } from 'lmdb';
import { EngineUnavailableError } from '../port.js';

interface Job {
  run(): unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One transaction for all that comes in one turn of the event loop and while the one before commits: all of it is stored, or none.
 * Reads go the same way, so that nobody is shown an entry that a crash may still take back, and a reader who asks after an append has
 * begun waits for it. A job is answered once its transaction is on the disk.
 */
export class GroupCommit {
  private waiting: Job[] = [];
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly store: RootDatabase) {}

  /** `job` runs inside the transaction, synchronously, and may throw only for the store's faults: all others of the group fail with it. */
  run<T>(job: () => T): Promise<T> {
    if (this.closed) return Promise.reject(new EngineUnavailableError('The engine is stopped.'));
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ run: job, resolve, reject });
      this.running ??= this.loop();
    });
  }

  /** Resolves when all that was begun is answered; what comes after is refused. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async loop(): Promise<void> {
    await new Promise((turn) => setImmediate(turn));
    while (this.waiting.length > 0) await this.commit(this.waiting.splice(0));
    this.running = undefined;
  }

  private async commit(jobs: readonly Job[]): Promise<void> {
    try {
      const results = await this.store.childTransaction(() => jobs.map((job) => job.run()));
      await this.store.flushed;
      jobs.forEach((job, i) => job.resolve(results[i] as never));
    } catch (cause) {
      const error = new EngineUnavailableError('The embedded store could not commit.', { cause });
      for (const job of jobs) job.reject(error);
    }
  }
}
