import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Writable } from 'node:stream';

/** Where a command says things. */
export interface Screen {
  /** What the user came for: messages. */
  show(text: string): void;
  /** What happens on the way. */
  status(text: string): void;
}

/** For pipes and files: messages to stdout, the rest to stderr. */
export const plainScreen = (stdout: Writable, stderr: Writable): Screen => ({
  show: (text) => void stdout.write(`${text}\n`),
  status: (text) => void stderr.write(`${text}\n`),
});

/** For a terminal with an input line: what is said appears above it, and the line stays as it was, cursor included; once it is closed, below. */
export function screenAbove(input: Interface, output: Writable): Screen {
  let open = true;
  input.once('close', () => (open = false));
  const say = (text: string): void => {
    if (!open) return void output.write(`${text}\n`);
    const { rows } = input.getCursorPos();
    moveCursor(output, 0, -rows);
    cursorTo(output, 0);
    clearScreenDown(output);
    // readline believes the cursor still stands `rows` below the beginning of the input, and goes up by so many before it writes it anew.
    output.write(`${text}\n${'\n'.repeat(rows)}`);
    input.prompt(true);
  };
  return { show: say, status: (text) => say(`  ${text}`) };
}
