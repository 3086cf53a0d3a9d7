/**
 * Reference: Socket.IO 4.8 with the Redis adapter (ADAPTER=redis), the Redis Streams adapter (streams) or alone (none), as its documentation
 * sets them up with ioredis: a user is a room. WebSocket transport only, no compression, the handshake's request let go of
 * (https://socket.io/docs/v4/performance-tuning, /memory-usage). A client's acknowledgement is answered once the message has been handed on
 * (/delivery-guarantees); the Streams adapter writes it to the stream then, without waiting for it.
 */
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server, type ServerOptions } from 'socket.io';

interface Message {
  readonly to: string;
  readonly content: string;
}

function adapter(): Partial<ServerOptions> {
  const redis = (): Redis => new Redis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379');
  switch (process.env['ADAPTER']) {
    case 'redis':
      return { adapter: createAdapter(redis(), redis()) };
    case 'streams':
      return { adapter: createStreamsAdapter(redis(), { onlyPlaintext: true }) };
    default:
      return {};
  }
}

/** The library's default, unless the bench makes all hearts beat faster. */
const pingInterval = Number(process.env['HEARTBEAT_INTERVAL_MS'] ?? 25_000);
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  pingInterval,
  ...adapter(),
});
io.engine.on('connection', (raw: { request: unknown }) => (raw.request = null));
io.on('connection', (socket) => {
  const { userId } = socket.handshake.auth as { readonly userId: string };
  const room = process.env['ROOM'];
  void socket.join(room ?? userId);
  socket.on('message', ({ to, content }: Message, acknowledge?: () => void) => {
    io.to(to).emit('message', { from: userId, to, content, timestamp: Date.now() });
    acknowledge?.();
  });
});
http.listen(Number(process.env['PORT']), '127.0.0.1');
