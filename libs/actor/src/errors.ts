/** No answer within the timeout. A late one is a dead letter. */
export class AskTimeoutError extends Error {
  override readonly name = 'AskTimeoutError';
  constructor(path: string, timeoutMs: number) {
    super(`${path} did not answer within ${timeoutMs} ms`);
  }
}

/** The mailbox of the actor asked was full; nothing was queued. */
export class MailboxFullError extends Error {
  override readonly name = 'MailboxFullError';
  constructor(path: string) {
    super(`the mailbox of ${path} is full`);
  }
}

/** The actor asked has stopped. */
export class DeadLetterError extends Error {
  override readonly name = 'DeadLetterError';
  constructor(path: string) {
    super(`${path} has stopped`);
  }
}
