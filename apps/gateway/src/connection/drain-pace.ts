/** Between two batches, ms. */
export const TICK_MS = 50;
/** As many clients a ms as another gateway takes easily. */
const EASY_PER_MS = 1;
const RETURNS_PER_MS = 2;
const RECONNECT_WITHIN_MS = { least: 1_000, most: 30_000 } as const;

/** How a gateway lets its connections go. */
export interface DrainPace {
  /** Connections dismissed at a time, once a tick. */
  readonly batch: number;
  /** Dismissed clients come back at random within so many ms. */
  readonly reconnectWithinMs: number;
}

/**
 * Few connections are dismissed as fast as others can take them, however long the drain might take; many are spread over the whole of it,
 * and where that is not enough for the gateways that are left (2,000 returns a second for each), over the time that clients wait before they
 * come back.
 * @param others gateways that are left
 */
export function drainPace(connections: number, drainMs: number, others: number): DrainPace {
  const spanMs = Math.min(drainMs, connections / EASY_PER_MS);
  const ticks = Math.max(1, Math.floor(spanMs / TICK_MS));
  const { least, most } = RECONNECT_WITHIN_MS;
  const neededMs = connections / (RETURNS_PER_MS * Math.max(1, others)) - spanMs;
  return {
    batch: Math.max(1, Math.ceil(connections / ticks)),
    reconnectWithinMs: Math.round(Math.min(most, Math.max(least, neededMs))),
  };
}
