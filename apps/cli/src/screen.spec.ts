import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { plainScreen, screenAbove } from './screen.js';

/** Just enough of a terminal to know what stands on it: text wraps at its width, the cursor moves, what follows it is erased. */
function terminal(bytes: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let [x, y] = [0, 0];
  for (const [token, count, command] of bytes.matchAll(/\p{Cc}\[(\d*)([A-GJ])|[^]/gu)) {
    const n = Number(count || 1);
    if (command === 'A') y = Math.max(0, y - n);
    else if (command === 'B') y += n;
    else if (command === 'C') x += n;
    else if (command === 'D') x -= n;
    else if (command === 'G') x = n - 1;
    else if (command === 'J') rows.splice(y, Infinity, (rows[y] ?? []).slice(0, x));
    else if (token === '\n') [x, y] = [0, y + 1];
    else if (token === '\r') x = 0;
    else {
      if (x >= columns) [x, y] = [0, y + 1];
      while (rows.length <= y) rows.push([]);
      (rows[y] ?? [])[x++] = token;
    }
    while (rows.length <= y) rows.push([]);
  }
  return rows.map((row) =>
    Array.from(row, (character) => character ?? ' ')
      .join('')
      .trimEnd(),
  );
}

describe('a screen with an input line', () => {
  const COLUMNS = 20;
  let keys: PassThrough;
  let input: Interface;
  let written: string;
  const shown = () => terminal(written, COLUMNS).join('\n').trimEnd();
  /** Keys come one by one, as from a person; several at once would be taken for a paste. */
  const type = (text: string) => {
    for (const key of text) keys.write(key);
  };
  const left = (times: number) => {
    for (let i = 0; i < times; i++) keys.write('\u001b[D');
  };

  beforeEach(() => {
    keys = new PassThrough();
    const output = Object.assign(new PassThrough(), { columns: COLUMNS });
    written = '';
    output.on('data', (chunk: Buffer) => (written += chunk.toString()));
    input = createInterface({ input: keys, output, terminal: true, prompt: 'al> ' });
    input.prompt();
  });

  afterEach(() => input.close());

  const screen = () => screenAbove(input, (input as unknown as { output: PassThrough }).output);

  test('what arrives stands above the line that is being typed', () => {
    type('bo: hel');
    screen().show('bo: one');
    screen().status('✓ two');
    type('lo');
    expect(shown()).toBe('bo: one\n  ✓ two\nal> bo: hello');
  });

  test('so it does when the line takes several rows, and the cursor stays where it was', () => {
    type('bo: a line that takes more than two rows');
    left(3);
    screen().show('bo: one');
    screen().show('bo: two');
    type('X');
    expect(shown()).toBe('bo: one\nbo: two\nal> bo: a line that\ntakes more than two\nrXows');
    expect(input.line).toBe('bo: a line that takes more than two rXows');
  });

  test('after the line is closed things are said plainly', () => {
    const after = screen();
    input.close();
    after.show('bo: late');
    expect(shown()).toMatch(/bo: late$/);
  });
});

test('without a terminal messages go to one place, what happens to another', () => {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const screen = plainScreen(out, err);
  screen.show('bo: one');
  screen.status('connected');
  expect([String(out.read()), String(err.read())]).toEqual(['bo: one\n', 'connected\n']);
});
