/** What a client can run into, as /stats and /metrics count it. Upgrades that are refused count under the text of their refusal. */
export const LIMIT = {
  connectionFrames: 'frames of a connection',
  connectionBytes: 'bytes of a connection',
  userFrames: 'frames of a user',
  /** Paused: too many frames wait. */
  inbound: 'frames waiting',
  /** Paused: they are too large. */
  inboundBytes: 'bytes waiting',
  outbound: 'answers waiting',
  badFrames: 'bad frames',
  /** Closed: told to wait, and did not. */
  insistence: 'insistence',
  /** Closed at once: the server has too many. */
  sockets: 'sockets',
  subscriptions: 'subscriptions',
  watches: 'watches',
} as const;
export type Limit = (typeof LIMIT)[keyof typeof LIMIT];
