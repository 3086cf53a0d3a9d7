import { Cluster, WireClient, eventually } from '#testing';
import { WebSocket } from 'ws';
import { switchboard, type Switchboard } from '../contenders/switchboard.js';
import { table } from '../harness/markdown.js';
import { residentBytes } from '../harness/proc.js';
import { withSystems, type Workload } from './workload.js';

const MESSAGES = 100_000;
const AT_ONCE = 500;
const CONTENT = 'x'.repeat(100);
const MIB = 1024 * 1024;
const GATEWAY = 'gateway-01';

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
  /** By how much the gateway's resident memory rose at most, bytes. */
  readonly rise: number;
}

/** Reads the whole backlog in order; `pauseMs`: stops reading for so long after each 1,000 messages. */
async function read(cluster: Cluster, userId: string, pauseMs: number): Promise<Read> {
  const { port, pid } = cluster.app(GATEWAY);
  const before = residentBytes(pid);
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, residentBytes(pid))), 20);
  const started = performance.now();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
  await allOf(socket, userId, pauseMs).finally(() => clearInterval(sampler));
  socket.terminate();
  return { seconds: (performance.now() - started) / 1000, rise: most - before };
}

function allOf(socket: WebSocket, userId: string, pauseMs: number): Promise<void> {
  let received = 0;
  return new Promise<void>((done, fail) => {
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
}

/** What a long backlog costs a gateway: it must not hold what its client has not read. One round. */
export const backlog: Workload = () => {
  const env = { LOG_MAX_LENGTH: String(2 * MESSAGES) };
  return withSystems({ ours: () => switchboard({ gateways: 1, env }) }, async ({ ours }) => {
    const { cluster, urls } = ours as Switchboard;
    for (const user of ['warm-up', 'reader']) await fill(urls[0] ?? '', user);
    await read(cluster, 'warm-up', 0);
    const readings = [
      ['as fast as it can', await read(cluster, 'reader', 0)],
      ['pausing 50 ms after each 1,000', await read(cluster, 'reader', 50)],
    ] as const;
    const rows = readings.map(([name, { seconds, rise }]) => [
      name,
      MESSAGES,
      seconds.toFixed(1),
      (rise / MIB).toFixed(1),
    ]);
    return {
      title: 'A long backlog',
      text: `${MESSAGES} messages wait in an inbox; a client registers and reads them.`,
      table: table(['reader', 'messages, in order', 'seconds', 'MiB more in the gateway at most'], rows),
      ratios: {},
      once: true,
    };
  });
};
