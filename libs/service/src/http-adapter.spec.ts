import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { HttpAdapter } from './http-adapter.js';

@Module({})
class NothingModule {}

let app: INestApplication;
let server: Server;
const clients: Socket[] = [];

beforeEach(async () => {
  app = await NestFactory.create(NothingModule, new HttpAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  server = app.getHttpServer() as Server;
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
});

const connected = async (): Promise<Socket> => {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  clients.push(client);
  await once(client, 'connect');
  return client;
};

test('ends connections that are kept alive, or in the middle of a request, when it is closed, and nobody else comes in', async () => {
  const [kept, asking] = [await connected(), await connected()];
  const asked = once(server, 'request');
  kept.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n');
  await asked;
  asking.write('POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
  await once(server, 'request');
  const ended = Promise.all([once(kept, 'close'), once(asking, 'close')]);
  await app.close();
  await ended;
  expect(server.listening).toBe(false);
});

// One that has said nothing is none of HTTP yet, as far as Node keeps count.
test('does not wait for who has said nothing', async () => {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const silent = await connected();
  await accepted;
  await app.close();
  silent.destroy();
  await eventually(() => expect(server.listening).toBe(false));
});

test('can be closed before it listens', async () => {
  const other = await NestFactory.create(NothingModule, new HttpAdapter(), { logger: false });
  await other.init();
  await other.close();
  expect((other.getHttpServer() as Server).listening).toBe(false);
});
