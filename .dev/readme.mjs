import './node-version.mjs';
import { readFileSync, writeFileSync } from 'node:fs';
import { inRoot } from './root.mjs';
import { must } from './run.mjs';
import { setUp } from './set-up.mjs';

/* Writes the README's configuration table anew from the table of variables. */
setUp();
const { configurationTable } = await import('../dist/libs/service/index.js');
const readme = inRoot('README.md');
const [before, , after] = readFileSync(readme, 'utf8').split(/(?<=configuration:begin -->)|(?=<!-- configuration:end)/);
writeFileSync(readme, `${before}\n\n${configurationTable()}\n\n${after}`);
must(process.execPath, [inRoot('node_modules', 'prettier', 'bin', 'prettier.cjs'), '--write', 'README.md']);
