import { CommandError, EXIT } from '../exit.js';
import { leaving } from '../leaving.js';
import type { Screen } from '../screen.js';
import { openClient, register } from '../session.js';
import type { SessionOptions } from '../session.js';
import { endedText, messageText } from '../wording.js';

export interface ListenOptions extends SessionOptions {
  /** One JSON object a line, the events as they came, for other programs. */
  readonly json?: boolean;
}

/** Prints what arrives until it is told to end. */
export async function listen(options: ListenOptions, screen: Screen): Promise<void> {
  const client = openClient(options, screen);
  client.onMessage((message) => screen.show(options.json ? JSON.stringify(message) : messageText(message)));
  const ended = new Promise<string>((resolve) => client.on('closed', (how) => resolve(endedText(how))));
  const left = leaving().then(() => undefined);
  await Promise.race([register(client, options), left]);
  const why = await Promise.race([ended, left]);
  await client.close();
  if (why !== undefined) throw new CommandError(why, EXIT.failed);
}
