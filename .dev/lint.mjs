import './node-version.mjs';
import { install } from './install.mjs';
import { inRoot } from './root.mjs';
import { run } from './run.mjs';

const bin = (name) => inRoot('node_modules', '.bin', name);

const CHECKS = [
  [bin('oxlint'), ['--type-aware', '.', '.dev']],
  [bin('depcruise'), ['--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'test']],
  [bin('prettier'), ['--check', '.']],
  [process.execPath, [inRoot('.dev', 'check-house.mjs')]],
];

/* Every check runs, whatever the ones before it found. */
install();
const failed = CHECKS.filter(([command, args]) => run(command, args) !== 0);
process.exitCode = failed.length === 0 ? 0 : 1;
