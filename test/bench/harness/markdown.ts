import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const begin = (name: string): string => `<!-- bench:${name} -->`;
const end = (name: string): string => `<!-- /bench:${name} -->`;

/** Puts `text` between the markers of `name` in a Markdown file; false: the file has no such markers, and is left as it is. */
export async function replaceSection(file: string, name: string, text: string): Promise<boolean> {
  const old = readFileSync(file, 'utf8');
  const from = old.indexOf(begin(name));
  const to = old.indexOf(end(name));
  if (from < 0 || to < from) return false;
  const changed = `${old.slice(0, from)}${begin(name)}\n\n${text}\n\n${old.slice(to)}`;
  writeFileSync(file, await format(changed, { ...(await resolveConfig(file)), filepath: file }));
  return true;
}
