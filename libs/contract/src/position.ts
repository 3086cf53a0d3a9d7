/** Where a connection stands in its user's inbox. */
export interface InboxPosition {
  readonly epoch: string;
  /** Newest id ever given in this epoch; 0: none. */
  readonly lastMessageId: number;
  /** Oldest id still held; `lastMessageId + 1` when nothing is held. */
  readonly firstMessageId: number;
  /** It goes on after this id. */
  readonly cursor: number;
}

/**
 * Whether the inbox can go on where its reader stopped (PROTOCOL.md §4.6): same life of the log, nothing between the cursor and the oldest
 * entry held, and a cursor that this log has reached. `epoch`: as the reader knows it; undefined: it does not.
 */
export function resumes(position: InboxPosition, epoch: string | undefined): boolean {
  const sameLife = epoch === undefined || epoch === position.epoch;
  return sameLife && position.cursor >= position.firstMessageId - 1 && position.cursor <= position.lastMessageId;
}
