export interface MessageLine {
  readonly kind: 'message';
  readonly to: string;
  readonly content: string;
}

/** What a line typed into the chat means. */
export type InputLine = MessageLine | { readonly kind: 'empty' } | { readonly kind: 'unclear'; readonly hint: string };

const HINT = 'write to somebody as in "bob: hello"';

/** `bob: hello` is a message to bob: the first colon ends the name, blanks around both sides do not count. */
export function parseLine(line: string): InputLine {
  if (line.trim() === '') return { kind: 'empty' };
  const colon = line.indexOf(':');
  const to = line.slice(0, colon).trim();
  const content = line.slice(colon + 1).trim();
  if (colon < 0 || to === '') return { kind: 'unclear', hint: HINT };
  if (content === '') return { kind: 'unclear', hint: `nothing to say to ${to}; ${HINT}` };
  return { kind: 'message', to, content };
}
