import type { Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

/**
 * Ends all HTTP connections when it is closed, as Nest's own does with `forceCloseConnections`; but that one keeps a set of all sockets and a listener of its
 * own on each: 0.3 KB of every WebSocket. Node knows its HTTP connections. What has become a WebSocket was closed by the drain before; what is neither
 * (it has said nothing yet, or is half-way through a TLS handshake) nobody waits for: it ends with the process.
 */
export class HttpAdapter extends ExpressAdapter {
  override close(): Promise<void> {
    const server = this.getHttpServer() as Server;
    server.close();
    server.closeAllConnections();
    return Promise.resolve();
  }
}
