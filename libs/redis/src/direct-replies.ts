import type { Redis } from 'ioredis';
import { readToListeners } from '#net';

/** Lets what Redis answers on each connection of this client go past the stream to ioredis. Returns the client. */
export function readDirectReplies(client: Redis): Redis {
  return client.on('connect', () => readToListeners(client.stream));
}
