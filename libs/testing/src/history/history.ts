/** Names a log: `inbox:bob`, `conversation:room`. */
export type LogName = `${'inbox' | 'conversation'}:${string}`;

/** A place in the one order in which everything was observed: rises with each event. No measure of time. */
export type Moment = number;

export type Answer =
  | {
      readonly kind: 'accepted';
      readonly at: Moment;
      readonly messageId: number;
      readonly timestamp: number;
      readonly duplicate: boolean;
    }
  | { readonly kind: 'failed'; readonly at: Moment; readonly code: string };

/** One attempt to send: a repetition under the same `id` is another one. */
export interface Sent {
  readonly sender: string;
  readonly connection: string;
  readonly log: LogName;
  readonly id?: string | undefined;
  readonly content: string;
  readonly ephemeral?: boolean | undefined;
  readonly at: Moment;
  /** Absent: nobody knows what became of it. */
  readonly answer?: Answer | undefined;
}

/** One message as it came to a client. */
export interface Seen {
  readonly at: Moment;
  /** 0: ephemeral. */
  readonly messageId: number;
  readonly from: string;
  readonly id?: string | undefined;
  readonly content: string;
  readonly timestamp: number;
}

/** One log on one connection, from `registered` (or `subscribed`) on: what was asked for, and what came, in order. */
export interface View {
  readonly log: LogName;
  readonly connection: string;
  readonly reader: string;
  readonly device?: string | undefined;
  readonly ack: 'auto' | 'manual';
  /** The explicit cursor, if one was given, … */
  readonly cursor?: number | undefined;
  /** … and the life of the log it was said to belong to. */
  readonly cursorEpoch?: string | undefined;
  readonly askedAt: Moment;
  readonly opened: {
    readonly at: Moment;
    readonly lastMessageId: number;
    readonly resumed: boolean;
    readonly epoch: string;
  };
  readonly messages: readonly Seen[];
  /** `cut`: what was under way is lost, and nobody knows how much that was. Absent: still open. */
  readonly end?: { readonly at: Moment; readonly how: 'closed' | 'cut' } | undefined;
  /** It had every chance: it was open to the end, and whoever recorded this waited until nothing more came. */
  readonly complete: boolean;
}

/** A reader's cursor on its way to be saved: the client's `ack`, or what a test knows to have been saved. */
export interface Acked {
  readonly log: LogName;
  readonly reader: string;
  readonly device?: string | undefined;
  readonly epoch: string;
  readonly messageId: number;
  readonly at: Moment;
  /** From here on it is known to be saved (the `acked` reply). */
  readonly confirmedAt?: Moment | undefined;
}

/** A message of a log that the connection had not opened. */
export interface Stray {
  readonly log: LogName;
  readonly connection: string;
  readonly seen: Seen;
}

/** What clients sent and saw. Says nothing of what happened in between: any server that keeps PROTOCOL.md §4 may have. */
export interface History {
  readonly sends: readonly Sent[];
  readonly views: readonly View[];
  readonly acks: readonly Acked[];
  readonly strays: readonly Stray[];
}
