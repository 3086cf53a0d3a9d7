/**
 * Reference: the limit of this runtime. A bare `ws` and ioredis relay as fast as we know to make one: all messages of an event-loop turn for one
 * gateway are one PUBLISH, all frames of a turn to one socket are one write. Where users are is broadcast when they register and held by every
 * gateway for ever; nothing is stored, checked, bounded or promised.
 */
import { Redis } from 'ioredis';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const self = process.env['INSTANCE_ID'] ?? '';
const PLACES = 'places';
const publisher = new Redis(redisUrl);
const subscriber = new Redis(redisUrl);
const sockets = new Map<string, WebSocket>();
const gatewayOf = new Map<string, string>();
/** What goes to each gateway at the end of the turn: recipient and text by turns, no line break in either. */
const outgoing = new Map<string, string[]>();
/** Sockets that are corked until the end of the turn. */
let corked: Socket[] = [];

subscriber.on('message', (channel: string, text: string) => {
  const lines = text.split('\n');
  if (channel === PLACES) return void gatewayOf.set(lines[0] ?? '', lines[1] ?? '');
  for (let i = 0; i < lines.length; i += 2) {
    const socket = sockets.get(lines[i] as string);
    if (socket) write(socket, lines[i + 1] as string);
  }
});
await subscriber.subscribe(self, PLACES);

function write(socket: WebSocket, text: string): void {
  const { _socket: raw } = socket as unknown as { readonly _socket: Socket };
  if (raw.writableCorked === 0) {
    raw.cork();
    if (corked.push(raw) === 1) setImmediate(uncork);
  }
  socket.send(text);
}

function uncork(): void {
  const all = corked;
  corked = [];
  for (const socket of all) socket.uncork();
}

function post(to: string, text: string): void {
  const gateway = gatewayOf.get(to);
  if (gateway === undefined) return;
  const lines = outgoing.get(gateway);
  if (lines) return void lines.push(to, text);
  if (outgoing.size === 0) setImmediate(publishAll);
  outgoing.set(gateway, [to, text]);
}

function publishAll(): void {
  for (const [gateway, lines] of outgoing) void publisher.publish(gateway, lines.join('\n'));
  outgoing.clear();
}

async function register(user: string, socket: WebSocket): Promise<void> {
  sockets.set(user, socket);
  await publisher.publish(PLACES, `${user}\n${self}`);
  socket.send('{"type":"registered"}');
}

const server = new WebSocketServer({ port: Number(process.env['PORT']), host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  let user = '';
  socket.on('message', (data: Buffer) => {
    const { type, userId, to, content, id } = JSON.parse(data.toString()) as Record<string, string>;
    if (type === 'register') {
      user = String(userId);
      return void register(user, socket);
    }
    post(String(to), JSON.stringify({ type: 'message', from: user, to, content, timestamp: Date.now() }));
    if (id !== undefined) write(socket, JSON.stringify({ type: 'accepted', id }));
  });
  socket.on('close', () => sockets.delete(user));
});
