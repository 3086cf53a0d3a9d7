import { clearScreenDown, createInterface, cursorTo } from 'node:readline';
import type { Interface } from 'node:readline';
import type { SwitchboardClient } from '#client';
import { CommandError, EXIT } from '../exit.js';
import { parseLine } from '../input-line.js';
import { leaving } from '../leaving.js';
import type { Screen } from '../screen.js';
import { screenAbove } from '../screen.js';
import { openClient, register } from '../session.js';
import type { SessionOptions } from '../session.js';
import { endedText, messageText } from '../wording.js';
import { say } from './say.js';

/** A conversation in a terminal: what is typed goes out, what arrives appears above the input line. Ends with Ctrl-C or Ctrl-D. */
export async function chat(options: SessionOptions): Promise<void> {
  const { stdin, stdout } = process;
  const input = createInterface({ input: stdin, output: stdout, terminal: true, prompt: `${options.user}> ` });
  const screen = screenAbove(input, stdout);
  const why = await converse(options, input, screen).finally(() => {
    input.close();
    cursorTo(stdout, 0);
    clearScreenDown(stdout);
  });
  if (why !== undefined) throw new CommandError(why, EXIT.failed);
}

/** Resolves with why the server ended it, or with undefined if the user did. */
async function converse(options: SessionOptions, input: Interface, screen: Screen): Promise<string | undefined> {
  const client = openClient(options, screen);
  const ended = new Promise<string>((resolve) => client.on('closed', (how) => resolve(endedText(how))));
  const left = Promise.race([leaving(), typedToLeave(input)]).then(() => undefined);
  client.onMessage((message) => screen.show(messageText(message)));
  // Said as soon as it is so: what was missed follows at once.
  const greeted = client.on('registered', ({ gatewayId }) => {
    screen.status(`connected to ${gatewayId} as ${options.user}`);
    screen.status('write to somebody as in "bob: hello"; Ctrl-C leaves');
    greeted();
  });
  input.on('line', (line) => take(line, client, input, screen));
  await Promise.race([register(client, options), left]);
  const why = await Promise.race([ended, left]);
  await client.close();
  return why;
}

const typedToLeave = (input: Interface): Promise<void> =>
  new Promise((resolve) => {
    input.once('SIGINT', resolve);
    input.once('close', resolve);
  });

function take(text: string, client: SwitchboardClient, input: Interface, screen: Screen): void {
  const line = parseLine(text);
  if (line.kind === 'message') void say(client, line, screen);
  if (line.kind === 'unclear') return screen.status(line.hint);
  input.prompt();
}
