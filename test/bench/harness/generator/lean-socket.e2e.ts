import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { eventually } from '#testing';
import { FrameReader } from './frames.js';
import { LeanSocket } from './lean-socket.js';

/** A client that writes down what it hears. */
class Ears {
  readonly messages: string[] = [];
  closed: number | undefined;
  opened = false;

  onMessage(payload: Buffer): void {
    this.messages.push(payload.toString());
  }

  onClose(code: number): void {
    this.closed = code;
  }
}

const open = (port: number) => {
  const ears = new Ears();
  const socket = LeanSocket.open(`ws://127.0.0.1:${port}/ws?a=b`, ears, () => (ears.opened = true));
  return { ears, socket };
};

describe('the load generator against a server that checks every frame', () => {
  let server: WebSocketServer;
  let port: number;
  const arrival = async (): Promise<WebSocket> => (await once(server, 'connection'))[0] as WebSocket;
  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  it.each([0, 1, 125, 126, 127, 65_535])('sends and hears %d bytes', async (length) => {
    const arrived = arrival();
    const { ears, socket } = open(port);
    const peer = await arrived;
    peer.on('message', (data: Buffer, isBinary) => peer.send(data, { binary: isBinary }));
    await eventually(() => expect(ears.opened).toBe(true));
    const text = 'é'.repeat(length >> 1) + 'x'.repeat(length & 1);
    socket.send(text);
    await eventually(() => expect(ears.messages).toEqual([text]));
  });

  it('hears what is longer than 64 KiB', async () => {
    const arrived = arrival();
    const { ears } = open(port);
    const text = 'y'.repeat(70_000);
    (await arrived).send(text);
    await eventually(() => expect(ears.messages).toEqual([text]));
  });

  it('answers a ping', async () => {
    const arrived = arrival();
    open(port);
    const peer = await arrived;
    const pong = once(peer, 'pong');
    peer.ping('how are you');
    expect(String((await pong)[0])).toBe('how are you');
  });

  it('tells the code that it is closed with, and 1006 where there is none', async () => {
    const [arrived, codeless] = [arrival(), open(port)];
    (await arrived).terminate();
    await eventually(() => expect(codeless.ears.closed).toBe(1006));
    const next = arrival();
    const closed = open(port);
    (await next).close(4001, 'so it is');
    await eventually(() => expect(closed.ears.closed).toBe(4001));
  });

  it('is cut by its own side', async () => {
    const arrived = arrival();
    const { socket, ears } = open(port);
    const gone = once(await arrived, 'close');
    socket.terminate();
    await gone;
    await eventually(() => expect(ears.closed).toBe(1006));
  });

  it('sends no frame that it could not', () => {
    const { socket } = open(port);
    expect(() => socket.send('x'.repeat(65_536))).toThrow(RangeError);
  });
});

describe('the load generator against a server of raw bytes', () => {
  let server: Server;
  let answer: string[];
  let peers: Socket[];
  beforeEach(async () => {
    answer = [];
    peers = [];
    server = createServer((peer) => {
      peers.push(peer);
      peer.once('data', () => void answerIn(peer, answer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const peer of peers) peer.destroy();
    server.close();
  });

  const port = (): number => (server.address() as AddressInfo).port;

  it('puts a head together that comes in pieces, with the first frame behind it', async () => {
    answer = ['HTTP/1.1 101 Switching', ' Protocols\r\nUpgrade: websocket\r\n', '\r\n\x81\x02h', 'i\x81\x01!'];
    const { ears } = open(port());
    await eventually(() => expect(ears.messages).toEqual(['hi', '!']));
  });

  it('is closed where it is refused', async () => {
    answer = ['HTTP/1.1 503 Service Unavailable\r\n\r\n'];
    const { ears } = open(port());
    await eventually(() => expect(ears.closed).toBe(1006));
    expect(ears.opened).toBe(false);
  });
});

/** One piece after the other, each in a packet of its own as far as can be told. */
async function answerIn(peer: Socket, pieces: readonly string[]): Promise<void> {
  peer.setNoDelay(true);
  for (const piece of pieces) {
    await new Promise((sent) => peer.write(piece, 'latin1', sent));
    await new Promise((turn) => setImmediate(turn));
  }
}

it('a reader of frames is given any cuts', () => {
  const bytes = Buffer.concat([
    Buffer.from('\x81\x03abc', 'latin1'),
    Buffer.from([0x81, 126, 0, 200]),
    Buffer.alloc(200, 'z'),
    Buffer.from('\x89\x00\x81\x01d', 'latin1'),
  ]);
  for (let size = 1; size <= bytes.length; size++) {
    const heard: string[] = [];
    const reader = new FrameReader((opcode, payload) => heard.push(`${opcode}${payload.toString()}`));
    for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size));
    expect(heard).toEqual(['1abc', `1${'z'.repeat(200)}`, '9', '1d']);
  }
});
