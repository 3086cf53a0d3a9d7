/**
 * Reference: a server that is nothing but `ws`. Answers `register`, so that the client knows it has arrived, and a ping; sends a message to all its
 * sockets, as one and the same string.
 */
import { WebSocketServer } from 'ws';

const heartbeatMs = Number(process.env['HEARTBEAT_INTERVAL_MS'] ?? 30_000);
const server = new WebSocketServer({ port: Number(process.env['PORT']), host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { readonly type: string; readonly content?: string };
    if (frame.type === 'register') return socket.send('{"type":"registered"}');
    if (frame.type === 'ping') return socket.send('{"type":"pong"}');
    const { content } = frame;
    const text = JSON.stringify({ type: 'message', from: 'somebody', content, timestamp: Date.now() });
    for (const client of server.clients) client.send(text);
  });
  socket.on('close', () => undefined);
  socket.on('error', () => undefined);
});
setInterval(() => {
  for (const client of server.clients) client.ping();
}, heartbeatMs);
