/**
 * Reference: the least a gateway can do. Bare `ws` and ioredis, one PUBLISH a message to the recipient's channel, one SUBSCRIBE a user; nothing
 * stored, nothing promised. Speaks enough of the protocol for the load generator: register, message, and `accepted` for one that carries an id.
 */
import { Redis } from 'ioredis';
import { WebSocketServer, type WebSocket } from 'ws';

const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const publisher = new Redis(redisUrl);
const subscriber = new Redis(redisUrl);
const sockets = new Map<string, WebSocket>();

subscriber.on('message', (channel: string, text: string) => sockets.get(channel)?.send(text));

const server = new WebSocketServer({ port: Number(process.env['PORT']), host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  let user = '';
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Record<string, string>;
    if (frame['type'] === 'register') {
      user = String(frame['userId']);
      sockets.set(user, socket);
      void subscriber.subscribe(user).then(() => socket.send('{"type":"registered"}'));
      return;
    }
    const { to, content, id } = frame;
    const message = { type: 'message', from: user, to, content, timestamp: Date.now() };
    void publisher.publish(String(to), JSON.stringify(message));
    if (id !== undefined) socket.send(JSON.stringify({ type: 'accepted', id }));
  });
  socket.on('close', () => {
    sockets.delete(user);
    void subscriber.unsubscribe(user);
  });
});
