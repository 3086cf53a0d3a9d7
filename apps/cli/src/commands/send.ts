import type { SendError } from '#client';
import { CommandError, EXIT } from '../exit.js';
import type { Screen } from '../screen.js';
import { openClient, register } from '../session.js';
import type { SessionOptions } from '../session.js';

export interface SendCommandOptions extends SessionOptions {
  readonly to: string;
  /** The message's id: the same one again is stored once. */
  readonly id?: string;
}

/** Sends one message and waits until it is stored. */
export async function send(options: SendCommandOptions, content: string, screen: Screen): Promise<void> {
  const client = openClient(options, screen);
  try {
    // With `manual` nothing of what the server replays meanwhile counts as delivered.
    await register(client, { ...options, ack: 'manual' });
    const { messageId, duplicate } = await client.send(options.to, content, { id: options.id });
    screen.status(`✓ ${options.to} #${messageId}${duplicate ? ' (had it already)' : ''}`);
  } catch (error) {
    throw error instanceof TypeError || isSendError(error) ? refusal(error) : error;
  } finally {
    await client.close();
  }
}

const isSendError = (error: unknown): error is SendError => error instanceof Error && error.name === 'SendError';

const refusal = (error: Error): CommandError =>
  new CommandError(`not sent: ${error.message}`, error instanceof TypeError ? EXIT.usage : EXIT.failed, {
    cause: error,
  });
