import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase, type Transaction } from 'lmdb';

/** Directories that engines of this process hold: the store below knows processes only. */
const held = new Set<string>();

/**
 * Keeps a second engine out of a directory. A store of its own, never written to, in which the holder keeps a read transaction open:
 * LMDB lists the processes that do, by locks that the kernel drops with the process, so one killed leaves nothing to clear by hand.
 * Interleaving: two that start at once enter themselves first and look then; each sees the other and both give way, never neither.
 */
export class DirectoryLock {
  private constructor(
    private readonly path: string,
    private readonly store: RootDatabase,
    // Not to be collected: with it would go the entry in the list.
    private readonly entry: Transaction,
  ) {}

  /** Makes the directory if need be. Throws if another engine has it. */
  static take(directory: string): DirectoryLock {
    mkdirSync(directory, { recursive: true });
    const path = realpathSync(directory);
    if (held.has(path)) throw inUse(path, 'this process');
    const store = open({ path: join(path, 'owner.mdb'), mapSize: 65_536, maxDbs: 1 });
    const entry = store.useReadTransaction();
    store.readerCheck();
    const other = pids(store.readerList()).find((pid) => pid !== process.pid);
    if (other !== undefined) {
      entry.done();
      void store.close();
      throw inUse(path, `process ${other}`);
    }
    held.add(path);
    return new DirectoryLock(path, store, entry);
  }

  async release(): Promise<void> {
    held.delete(this.path);
    this.entry.done();
    await this.store.close();
  }
}

/** LMDB's list of readers: a heading, then `<pid> <thread> <transaction>` a line. */
function pids(list: string): number[] {
  return [...list.matchAll(/^\s*(\d+)\s+[0-9a-f]+\s/gm)].map(([, pid]) => Number(pid));
}

function inUse(path: string, holder: string): Error {
  return new Error(`${path} is in use by ${holder}: an embedded engine's directory belongs to one process at a time.`);
}
