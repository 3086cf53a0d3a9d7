import type { AckNotice, WireEntry } from '#contract';

/** The backend, as its parts know it. */
export interface Answering {
  readonly epoch: string;
  readonly firstMessageId: number;
  readonly acks: AckNotice[];
  readonly logs: Map<string, WireEntry[]>;
  /** What of a log is still given out. */
  log(name: string): readonly WireEntry[];
  /** An answer that throws a string refuses with that code. */
  answer(pattern: string, answer: (data: never) => unknown): void;
  /** Tells the gateway anything. */
  tell(pattern: string, data: unknown): void;
}
