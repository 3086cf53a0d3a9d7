import type { OpenReply } from '#contract';
import type { CloseCode, Codec, Ref, ServerEvent, SubscribeCommand, UnsubscribeCommand } from '#protocol';

/** Who a connection speaks for, from the moment it begins to register. */
export interface Identity {
  readonly userId: string;
  readonly device?: string;
  /** Who says what counts as delivered: the gateway, once written (`auto`), or the client's own acks (`manual`). */
  readonly ack: 'auto' | 'manual';
}

/** An event that is encoded once per codec, however many connections it goes to. */
export interface Encodable {
  frame(codec: Codec): Buffer;
}

/** What a connection knows of its own registration, for answering `register` again. */
export interface Registration {
  readonly epoch: string;
  /** Newest id in the inbox that this session has heard of. */
  readonly lastMessageId: number;
  readonly resumed: boolean;
}

/** A connection as command handlers see it. Handlers of one session never overlap; a handler that returns a promise holds back later frames. */
export interface Session {
  readonly connectionId: string;
  /** Undefined until it registers. */
  readonly identity: Identity | undefined;
  readonly registration: Registration | undefined;
  readonly closed: boolean;

  /** Whether the state it is in takes such a command. */
  takes(command: { readonly anonymous: boolean }): boolean;
  /** Writes one event to the client. After the close it does nothing. */
  reply(event: ServerEvent): void;
  /** Answers a command with an error; one that is no ProtocolError becomes `Internal error` and is logged. `command`: its type. */
  refuse(error: unknown, ref?: Ref, command?: string): void;

  /** Closes the connection, once what has been written is out. */
  close(code: CloseCode, reason: string): void;

  /** connected → authenticating: the session is found under its user from here on, so that live messages wait in its mailbox. */
  begin(identity: Identity): void;
  /** authenticating → connected: as if it had not begun. */
  abandon(): void;
  /** authenticating → replaying: calls `welcome` (which answers the command), then writes the page and all that follows it. */
  admit(opened: OpenReply, welcome: () => void): void;

  /** Writes an event that others get as well; false: the client cannot be told now. */
  tell(event: Encodable): boolean;

  /** Opens a conversation (or says again that it is open), and answers the command. Throws ProtocolError above the connection's bound. */
  subscribe(command: SubscribeCommand): void;
  /** Ends it, whether it was open or not, and answers the command. */
  unsubscribe(command: UnsubscribeCommand): void;
  /** The epoch of a conversation that is open here. */
  epochOf(conversation: string): string | undefined;

  /**
   * A send is under way: so many at once, or so many bytes, then the client's socket is paused. @returns the bytes that it counts for (those of
   * the frame being handled), which go into its `sendEnded`; each needs one.
   */
  sendStarted(): number;
  sendEnded(bytes: number): void;
}
