/** What the process tells whoever started it. */
export const EXIT = {
  ok: 0,
  /** The server ended the connection, or did not accept a message. */
  failed: 1,
  /** The command line, or a line of the input, made no sense. */
  usage: 2,
  /** No connection could be made. */
  unreachable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a message for people. */
export class CommandError extends Error {
  constructor(
    text: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(text, options);
  }
}
