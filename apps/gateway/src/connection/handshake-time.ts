import type { Server } from 'node:http';

/** How often the server looks for requests that take too long, ms. */
const CHECK_MS = 1_000;

/**
 * The head of a request must have come whole within `ms`; whoever is slower is answered 408 and cut off (a slow loris, or a connection that
 * says nothing). To be called before the server listens: then it sets up its check, whose interval Node's types know as an option only.
 */
export function limitHandshakeTime(server: Server, ms: number): void {
  server.headersTimeout = ms;
  Object.assign(server, { connectionsCheckingInterval: Math.min(CHECK_MS, ms) });
}
