import type { WireEntry } from '#contract';
import { packBody } from '#protocol';

/** A stored message as a router delivers it. */
export const entryOf = (messageId: number, body: Parameters<typeof packBody>[0]): WireEntry => ({
  messageId,
  timestamp: 1_000 + messageId,
  body: packBody(body),
});
