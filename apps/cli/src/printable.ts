const CONTROL = /\p{Cc}/gu;

/**
 * Text from elsewhere, made safe to print: a message could otherwise move the cursor, recolour the terminal or worse (escape sequences).
 * Further lines are indented, so that none can pass for a message of its own.
 */
export const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(CONTROL, (character) => (character === '\n' ? '\n    ' : visible(character)));

/** The picture of a control character (U+2400 and up), where there is one. */
function visible(character: string): string {
  if (character === '\t') return '  ';
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\uFFFD';
}
