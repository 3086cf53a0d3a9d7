/** Correlates a command with its one reply on this connection (PROTOCOL.md §2). */
export type Ref = string | number;

export interface RegisterCommand {
  readonly type: 'register';
  readonly ref?: Ref;
  readonly userId: string;
  readonly token?: string;
  readonly device?: string;
  readonly lastMessageId?: number;
  readonly epoch?: string;
  readonly ack?: 'auto' | 'manual';
}

export interface PingCommand {
  readonly type: 'ping';
  readonly ref?: Ref;
}

export interface MessageCommand {
  readonly type: 'message';
  readonly ref?: Ref;
  readonly to?: string;
  readonly conversation?: string;
  readonly content: string;
  readonly kind?: string;
  readonly id?: string;
  readonly ephemeral?: boolean;
}

/** Every command a client may send, by its wire type. */
export interface Commands {
  readonly register: RegisterCommand;
  readonly ping: PingCommand;
  readonly message: MessageCommand;
}

export type CommandType = keyof Commands;
export type Command = Commands[CommandType];
