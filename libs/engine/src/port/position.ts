/** Where a reader stands in a log. */
export interface LogPosition {
  /** Names the log's life (created when the log is first read or written); changes when its data was lost. */
  readonly epoch: string;
  /** Newest id ever given in this epoch; 0 for a log never written. */
  readonly lastMessageId: number;
  /** Oldest id still held; `lastMessageId + 1` when nothing is held. */
  readonly firstMessageId: number;
  /** After it the reader goes on: the `after` given, else by `since`, else what this device, else what the owner (any device) last acknowledged, else 0. */
  readonly cursor: number;
}
