import { cpSync, existsSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { install } from './install.mjs';
import { SOURCES, filesUnder, inRoot, root } from './root.mjs';
import { must } from './run.mjs';

/** What an earlier build made of a source that is gone would still be found by imports. */
function removeStale() {
  for (const built of SOURCES.flatMap((folder) => filesUnder(inRoot('dist', folder)))) {
    const source = inRoot(relative(inRoot('dist'), built)).replace(/\.js(\.map)?$/, '.ts');
    if (!existsSync(source)) rmSync(built);
  }
}

/** The files beside the sources that are read at run time. */
function copyScripts() {
  const scripts = SOURCES.flatMap((folder) => filesUnder(inRoot(folder))).filter((file) => file.endsWith('.lua'));
  for (const script of scripts) cpSync(script, inRoot('dist', relative(root, script)));
}

/** Compiles to dist/: incremental, so that an unchanged tree takes under a second. */
function build() {
  removeStale();
  copyScripts();
  must(process.execPath, [inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
}

/** All that a bare clone lacks. */
export function setUp() {
  install();
  build();
}
