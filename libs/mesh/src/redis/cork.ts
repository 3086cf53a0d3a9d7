import type { Writable } from 'node:stream';

/**
 * What one callback writes from here on leaves in one system call: at a turn's end frames go to several addresses, and the broker is woken once, as we
 * are for its answers. `stream` is none while there is no connection.
 */
export function corkThisCallback(stream: Writable | undefined): void {
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
