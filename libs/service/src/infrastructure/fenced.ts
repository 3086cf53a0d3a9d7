import { Injectable, Logger } from '@nestjs/common';
import { within } from './within.js';

/** What letting go may take: somebody else serves under this name already. */
const LIMIT_MS = 3_000;

/**
 * What happens when another process has taken this instance's id: it has been cut off from the mesh, and ends with exit code 1. What an app still holds
 * by itself (sockets) it lets go of before: `add` a hook. Nothing may be written any more: it would be written over the other's.
 */
@Injectable()
export class Fenced {
  private readonly logger = new Logger(Fenced.name);
  private readonly hooks: (() => void | Promise<void>)[] = [];
  private finish!: () => void;
  /** Resolves when all that it held has been let go of; the process is to end then. */
  readonly over = new Promise<void>((done) => {
    this.finish = done;
  });

  /** Runs once the id has been taken; it may take three seconds. */
  add(hook: () => void | Promise<void>): void {
    this.hooks.push(hook);
  }

  async run(): Promise<void> {
    const work = Promise.allSettled(this.hooks.map(async (hook) => hook()));
    for (const result of (await within(LIMIT_MS, work)) ?? []) {
      if (result.status === 'rejected') this.logger.error({ err: result.reason as unknown }, 'letting go failed');
    }
    this.finish();
  }
}
