import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { SwitchboardClient } from '#client';
import { CommandError, EXIT } from '../exit.js';
import { parseLine } from '../input-line.js';
import type { MessageLine } from '../input-line.js';
import { leaving } from '../leaving.js';
import type { Screen } from '../screen.js';
import { openClient, register } from '../session.js';
import type { SessionOptions } from '../session.js';
import { endedText, messageText } from '../wording.js';
import { say } from './say.js';

/** Messages on their way at once: enough to be fast, and far from what the client would refuse. */
const AT_ONCE = 100;

/** The chat without a terminal: sends each line of `stdin`, and ends when all of them are accepted. */
export async function relay(options: SessionOptions, stdin: Readable, screen: Screen): Promise<void> {
  const client = openClient(options, screen);
  let ended: string | undefined;
  let left = false;
  client.onMessage((message) => screen.show(messageText(message)));
  await register(client, options);
  // Made only now: lines that came before somebody reads them would be lost.
  const input = createInterface({ input: stdin, crlfDelay: Infinity });
  client.on('closed', (how) => {
    ended = endedText(how);
    input.close();
  });
  void leaving().then(() => {
    left = true;
    return client.close();
  });
  const failed = await sendAll(client, input, screen);
  if (left) return;
  if (ended !== undefined) throw new CommandError(ended, EXIT.failed);
  await client.close();
  if (failed > 0) throw new CommandError(`not sent: ${failed} of the lines`, EXIT.failed);
}

/** @returns how many lines were not accepted, or made no sense */
async function sendAll(client: SwitchboardClient, input: Interface, screen: Screen): Promise<number> {
  const onTheWay = new Set<Promise<void>>();
  let failed = 0;
  const count = async (line: MessageLine): Promise<void> => {
    if (!(await say(client, line, screen))) failed++;
  };
  for await (const text of input) {
    const line = parseLine(text);
    if (line.kind === 'unclear') {
      failed++;
      screen.status(`${line.hint}, not as in "${text}"`);
    }
    if (line.kind !== 'message') continue;
    const sent = count(line).finally(() => onTheWay.delete(sent));
    onTheWay.add(sent);
    if (onTheWay.size >= AT_ONCE) await Promise.race(onTheWay);
  }
  await Promise.all(onTheWay);
  return failed;
}
