import { Command, Option } from 'commander';
import { chat } from './commands/chat.js';
import { listen } from './commands/listen.js';
import type { ListenOptions } from './commands/listen.js';
import { relay } from './commands/relay.js';
import { send } from './commands/send.js';
import type { SendCommandOptions } from './commands/send.js';
import { plainScreen } from './screen.js';
import type { SessionOptions } from './session.js';

const GATEWAY = 'ws://localhost:8080/ws';

/** The command line: `switchboard chat | send | listen`. */
export function program(): Command {
  const switchboard = new Command('switchboard').description('Talk through a Switchboard gateway.').exitOverride();
  const plain = plainScreen(process.stdout, process.stderr);
  session(switchboard, 'chat')
    .description(
      'a conversation in the terminal; with input from a pipe, sends its lines and ends when all are accepted',
    )
    .addHelpText('after', '\nWrite "bob: hello" to say hello to bob. Ctrl-C leaves.')
    .action((options: SessionOptions) => (process.stdin.isTTY ? chat(options) : relay(options, process.stdin, plain)));
  session(switchboard, 'send')
    .description('sends one message and ends when it is stored')
    .requiredOption('--to <user>', 'who shall have it')
    .option('--id <id>', "the message's id: sent again with the same id it is stored once")
    .argument('<text>')
    .action((text: string, options: SendCommandOptions) => send(options, text, plain));
  session(switchboard, 'listen')
    .description('prints what arrives until Ctrl-C')
    .option('--json', 'one JSON object a line')
    .action((options: ListenOptions) => listen(options, plain));
  return switchboard;
}

/** A command with the options that each of them takes. */
const session = (parent: Command, name: string): Command =>
  parent
    .command(name)
    .requiredOption('--user <id>', 'who you are')
    .option('--device <id>', 'which of your devices this is; each has its own place in the inbox')
    .addOption(new Option('--gateway <url>', 'where the gateway is').default(GATEWAY).env('SWITCHBOARD_GATEWAY'))
    .addOption(new Option('--token <jwt>', 'proves who you are').env('SWITCHBOARD_TOKEN'));
