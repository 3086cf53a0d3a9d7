import type { LogName } from './history.js';

/** What can be wrong with a history; each breaks one sentence of PROTOCOL.md §4. */
export type FaultKind =
  /** Accepted (or once seen), and gone: a reader that had every chance never saw it, or the log no longer counts it (§4.1, §4.4). */
  | 'loss'
  /** Came twice on one connection, or again on a later one although the cursor was past it (§4.3, §4.5). */
  | 'repeat'
  /** Ids were skipped: on a connection, or between a cursor and what came first after it (§4.3, §4.4). */
  | 'gap'
  /** A lower id after a higher one; or a sender's messages (or ones that followed upon another) stored the other way round (§4.3, §4.7). */
  | 'inversion'
  /** Seen, but nobody had sent it there. */
  | 'phantom'
  /** One id stands for two messages (§4.3). */
  | 'conflict'
  /** One message is stored under two ids (§4.2). */
  | 'duplicate'
  /** `accepted` told an id or a time that readers do not see (§4.1). */
  | 'mismatch'
  /** `resumed` says that the cursor holds when it does not, or the reverse (§4.6). */
  | 'resync'
  /** The log began another life although no data was lost (§4.6). */
  | 'epoch';

export interface Fault {
  readonly kind: FaultKind;
  readonly log: LogName;
  /** For people. */
  readonly detail: string;
}

/** One line each. */
export const describeFaults = (faults: readonly Fault[]): string =>
  faults.map(({ kind, log, detail }) => `${kind} in ${log}: ${detail}`).join('\n');
