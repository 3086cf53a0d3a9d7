import { CommanderError } from 'commander';
import { CommandError, EXIT } from './exit.js';
import { program } from './program.js';

/** Who reads our output may leave before its end (`switchboard listen … | head -1`). */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has said already what is wrong; help asked for is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof CommandError)) throw error;
  console.error(`switchboard: ${error.message}`);
  return error.exitCode;
}
