import type { Default, Variable } from './variable.js';
import { VARIABLES } from './variables.js';

function byApp(defaults: Readonly<Record<string, string>>): string {
  const values = [...new Set(Object.values(defaults))];
  return values
    .map((value) => {
      const apps = Object.keys(defaults).filter((app) => defaults[app] === value);
      return `\`${value}\` (${apps.join(', ')})`;
    })
    .join(', ');
}

function defaultText(value: Default | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return `\`${value}\``;
  return 'make' in value ? value.text : byApp(value);
}

/** The README's configuration table, in Markdown, one line a variable. */
export function configurationTable(): string {
  const rows = Object.entries(VARIABLES).map(([name, variable]: [string, Variable]) => {
    const allowed = variable.allowed.replaceAll('|', '\\|');
    return `| \`${name}\` | ${variable.description} | ${allowed} | ${defaultText(variable.default)} |`;
  });
  return ['| variable | what it does | allowed | default |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
