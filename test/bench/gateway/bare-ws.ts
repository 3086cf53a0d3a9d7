/** Reference: a server that is nothing but `ws`. Answers whatever comes, so that the client knows it has arrived. */
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: Number(process.env['PORT']), host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', () => socket.send('{"type":"registered"}'));
  socket.on('close', () => undefined);
  socket.on('error', () => undefined);
});
