import type { Server } from 'node:http';

/** Beyond MAX_CONNECTIONS there is room for what has not upgraded yet, for refusals, health checks and metrics: so many sockets, … */
const SPARE_LEAST = 1_000;
/** … or such a part of MAX_CONNECTIONS, if that is more. */
const SPARE_PART = 0.1;
/** A request, its body included, has come whole within so many ms: Node's own five minutes are for uploads, of which there are none here. */
const REQUEST_TIMEOUT_MS = 30_000;

/** A socket that was closed at once: the server has too many. */
export type OnDropped = () => void;

/**
 * Bounds what has not become a WebSocket: how many sockets there are in all, and how long a request may take. How long the head of one may take
 * is bounded elsewhere (AUTH_TIMEOUT_MS); its length is by Node (16 KiB).
 */
export function limitSockets(server: Server, maxConnections: number, onDropped: OnDropped): void {
  server.maxConnections = maxConnections + Math.max(SPARE_LEAST, Math.ceil(maxConnections * SPARE_PART));
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on('drop', onDropped);
}
