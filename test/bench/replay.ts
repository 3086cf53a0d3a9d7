/**
 * What a long backlog costs a gateway: 100,000 messages wait in an inbox, a client registers and reads them, once as fast as it can and once
 * pausing, and the gateway's resident memory is sampled all the while.
 * Run: npm run build && node dist/test/bench/replay.js
 */
import { Cluster, WireClient, eventually } from '#testing';
import { WebSocket } from 'ws';
import { residentBytes, table } from './support/proc.js';

const MESSAGES = Number(process.env['MESSAGES'] ?? 100_000);
const AT_ONCE = 500;
const CONTENT = 'x'.repeat(100);
const MIB = 1024 * 1024;

async function fill(url: string, to: string): Promise<void> {
  const sender = await WireClient.connect(url);
  await sender.register(`sender of ${to}`);
  for (let sent = 0; sent < MESSAGES;) {
    for (let i = 0; i < AT_ONCE; i++) sender.send({ type: 'message', to, content: CONTENT, ref: sent++ });
    await eventually(() => {
      if (sender.ofType('accepted').length < sent) throw new Error('not all accepted');
    });
  }
  sender.terminate();
}

interface Read {
  readonly seconds: number;
  readonly rise: number;
  readonly received: number;
}

/** Reads the whole backlog; `pauseMs`: stops reading for so long after each 1,000 messages. */
async function read(url: string, userId: string, pid: number, pauseMs: number): Promise<Read> {
  const before = residentBytes(pid);
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, residentBytes(pid))), 20);
  const started = performance.now();
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let received = 0;
  await new Promise<void>((done, fail) => {
    socket.on('error', fail);
    socket.on('close', (code) => fail(new Error(`closed with ${code} after ${received} messages`)));
    socket.on('open', () => socket.send(JSON.stringify({ type: 'register', userId, lastMessageId: 0 })));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { type: string; messageId?: number };
      if (frame.type !== 'message') return;
      if (frame.messageId !== ++received) return fail(new Error(`${frame.messageId} in place of ${received}`));
      if (received === MESSAGES) return done();
      if (pauseMs > 0 && received % 1000 === 0) {
        socket.pause();
        setTimeout(() => socket.resume(), pauseMs);
      }
    });
  });
  clearInterval(sampler);
  socket.terminate();
  return { seconds: (performance.now() - started) / 1000, rise: most - before, received };
}

const cluster = await Cluster.start({ appendfsync: 'everysec' });
try {
  await cluster.spawnAll(1, { LOG_MAX_LENGTH: String(2 * MESSAGES) });
  const { port, pid } = cluster.app('gateway-01');
  const url = `ws://127.0.0.1:${port}/ws`;
  await fill(url, 'warm-up');
  await read(url, 'warm-up', pid, 0);
  await fill(url, 'reader');
  const readings = [
    ['as fast as it can', await read(url, 'reader', pid, 0)],
    ['pausing 50 ms after each 1,000', await read(url, 'reader', pid, 50)],
  ] as const;
  const rows = readings.map(([name, { seconds, rise, received }]) => [
    name,
    received,
    seconds.toFixed(1),
    (rise / MIB).toFixed(1),
  ]);
  console.log(table(['reader', 'messages, in order', 'seconds', 'MiB more at most'], rows));
} finally {
  await cluster.stop();
}
