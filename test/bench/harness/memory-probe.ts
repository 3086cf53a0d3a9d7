/**
 * Loaded into a measured process (`--import`), with `--expose-gc`: on SIGUSR2 it collects garbage and prints what is left as one line,
 * `memory {"rss":…,"heapUsed":…,"external":…}`, all bytes.
 */
declare const gc: () => void;

process.on('SIGUSR2', () => {
  for (let i = 0; i < 4; i++) gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.stdout.write(`memory ${JSON.stringify({ rss, heapUsed, external })}\n`);
});
