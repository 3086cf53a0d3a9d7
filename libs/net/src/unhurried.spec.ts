import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { LONGEST_MS, UnhurriedReading } from './unhurried.js';

let server: Server;
let accepted: Socket;
let stream: Socket;
let reading: UnhurriedReading;
/** What was read, one item a read. */
let reads: string[];

const heard = (): string => reads.join('');

const ask = (question: string): void => {
  stream.write(question);
  reading.defer(stream);
};

beforeEach(async () => {
  server = createServer((socket) => {
    accepted = socket.setNoDelay();
    socket.on('data', (chunk) => socket.write(chunk)).on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stream = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
  reads = [];
  stream.on('data', (chunk) => reads.push(chunk.toString()));
  await once(stream, 'connect');
  reading = new UnhurriedReading();
});

afterEach(() => {
  stream.destroy();
  accepted?.destroy();
  server.close();
});

test('many answers are one read', async () => {
  // Each is answered before the next is asked.
  for (let i = 0; i < 200; i++) {
    const answered = once(accepted, 'data');
    ask(String(i % 10));
    await answered;
  }
  await eventually(() => expect(heard()).toBe('0123456789'.repeat(20)));
  expect(reads.length).toBeLessThan(100);
});

test('the last answer comes without another question', async () => {
  ask('a');
  await eventually(() => expect(heard()).toBe('a'));
  ask('b');
  await eventually(() => expect(heard()).toBe('ab'));
});

/** The interleaving: its time is over → reading goes on → the next question, of the same phase of the event loop, puts it off before answers were looked for. */
test('who asks just when reading goes on hears answers all the same', async () => {
  let asked = '';
  for (let i = 0; i < 10; i++) {
    const next = new Promise((done) => {
      ask('.');
      asked += '.';
      // Behind the end of the waiting, in the same list of timers; both are over by the time that timers are looked at.
      setTimeout(done, LONGEST_MS);
    });
    for (const end = performance.now() + 2 * LONGEST_MS; performance.now() < end;);
    await next;
  }
  expect(reads.length).toBeGreaterThan(1);
  await eventually(() => expect(heard()).toBe(asked));
});

test('a connection that the other side closes meanwhile is known to be closed', async () => {
  const closed = new Promise((done) => stream.on('error', () => undefined).on('close', done));
  ask('a');
  accepted.destroy();
  await closed;
});

test('one that is closed here meanwhile is left alone', async () => {
  ask('a');
  stream.destroy();
  await once(stream, 'close');
  const next = connect((server.address() as AddressInfo).port, '127.0.0.1');
  next.on('data', (chunk) => reads.push(chunk.toString()));
  await once(next, 'connect');
  stream = next;
  ask('b');
  await eventually(() => expect(heard()).toContain('b'));
});

test('does nothing while there is no connection', () => {
  expect(() => reading.defer(undefined)).not.toThrow();
});
