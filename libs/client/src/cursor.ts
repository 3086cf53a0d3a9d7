/** Where the reader of a log stands (PROTOCOL.md §4.3–4.6). */
export interface Cursor {
  /** The life of the log that `lastMessageId` counts in. */
  readonly epoch?: string;
  /** Undefined until the first message: then whichever comes first is where the log is taken up. */
  readonly lastMessageId?: number;
}

export type Arrival = 'next' | 'repeat' | 'gap';

/** What the arrival of message `messageId` means: ids of a log are contiguous, so a repeat and a gap show themselves. */
export function arrival({ lastMessageId }: Cursor, messageId: number): Arrival {
  if (lastMessageId === undefined || messageId === lastMessageId + 1) return 'next';
  return messageId <= lastMessageId ? 'repeat' : 'gap';
}

/**
 * The cursor after a registration. Where the server no longer holds what the cursor asked for, or the log has begun a new life, ids seen so
 * far mean nothing any more. A log that is empty is read from its beginning.
 */
export function takeUp(cursor: Cursor, registered: { epoch: string; resumed: boolean; lastMessageId: number }): Cursor {
  const { epoch } = registered;
  if (registered.lastMessageId === 0) return { epoch, lastMessageId: 0 };
  return lost(cursor, registered) ? { epoch } : { epoch, lastMessageId: cursor.lastMessageId };
}

/** Whether messages may be missing between what was seen before and what comes now. */
export const lost = (cursor: Cursor, { epoch, resumed }: { epoch: string; resumed: boolean }): boolean =>
  !resumed || (cursor.epoch !== undefined && cursor.epoch !== epoch);
