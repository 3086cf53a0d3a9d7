/**
 * What an idle connection costs: a gateway with registered clients beside a server that is nothing but `ws`, in the same run. The gateway is
 * one process; presence, router and Redis are others, so that the figure is the edge's alone.
 * Run: npm run build && node dist/test/bench/gateway/idle.js
 */
import { resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { Cluster, eventually, freePort, listening } from '#testing';
import { WebSocket } from 'ws';
import { cpuSeconds, median, table } from '../support/proc.js';

const COUNTS = (process.env['CONNECTIONS'] ?? '1000,5000').split(',').map(Number);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const AT_ONCE = 100;
const PROBE = resolve('dist/test/bench/gateway/memory-probe.js');
const NODE_OPTIONS = `--expose-gc --import file://${PROBE}`;

interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** A process under measurement. */
interface Server {
  readonly url: string;
  readonly pid: number;
  /** All that it has printed. */
  readonly log: () => string;
}

const probes = (server: Server): string[] => server.log().match(/^memory .*$/gm) ?? [];

/** What is left after a collection: twice, since finalizers of the first free more. */
async function memory(server: Server): Promise<Memory> {
  for (let i = 0; i < 2; i++) {
    const before = probes(server).length;
    process.kill(server.pid, 'SIGUSR2');
    await eventually(() => {
      if (probes(server).length === before) throw new Error(`pid ${server.pid} printed no figures`);
    });
  }
  return JSON.parse((probes(server).at(-1) ?? '').slice('memory '.length)) as Memory;
}

async function connect(url: string, name: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  socket.send(`{"type":"register","userId":"${name}"}`);
  await new Promise<void>((done) => socket.once('message', () => done()));
  return socket;
}

async function connectAll(url: string, count: number, prefix: string): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, (_, i) => sockets.length + i);
    sockets.push(...(await Promise.all(some.map((n) => connect(url, `${prefix}-${n}`)))));
  }
  return sockets;
}

async function disconnectAll(sockets: readonly WebSocket[]): Promise<void> {
  for (const socket of sockets) socket.terminate();
  await eventually(() => {
    if (sockets.some((socket) => socket.readyState !== WebSocket.CLOSED)) throw new Error('some are still open');
  });
}

interface Cost extends Memory {
  /** Milliseconds of CPU to connect and register. */
  readonly cpuMs: number;
}

/**
 * What `count` connections add to a server that has as many already: the first ones also make the young generation of its heap grow, by
 * megabytes that no connection holds.
 */
async function cost(server: Server, count: number, prefix: string): Promise<Cost> {
  const first = await connectAll(server.url, count, `${prefix}-first`);
  const before = await memory(server);
  const cpu = cpuSeconds(server.pid);
  const second = await connectAll(server.url, count, `${prefix}-second`);
  const cpuMs = ((cpuSeconds(server.pid) - cpu) * 1_000) / count;
  const after = await memory(server);
  await disconnectAll([...first, ...second]);
  const each = (what: keyof Memory): number => (after[what] - before[what]) / count;
  return { rss: each('rss'), heapUsed: each('heapUsed'), external: each('external'), cpuMs };
}

async function bareWs(): Promise<Server & { stop: () => void }> {
  const port = await freePort();
  let output = '';
  const child = spawn(process.execPath, [resolve('dist/test/bench/gateway/bare-ws.js')], {
    env: { PORT: String(port), NODE_OPTIONS },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await eventually(() => listening(port));
  return { url: `ws://127.0.0.1:${port}/`, pid: child.pid ?? 0, log: () => output, stop: () => child.kill() };
}

async function gateway(cluster: Cluster, id: string): Promise<Server & { stop: () => Promise<unknown> }> {
  const app = await cluster.spawn('gateway', id, { NODE_OPTIONS, LOG_LEVEL: 'warn' });
  return { url: `ws://127.0.0.1:${app.port}/ws`, pid: app.pid, log: () => app.log, stop: () => app.terminate() };
}

/** A fresh process for each figure: what an earlier load left in the heap is not this one's. */
async function round(cluster: Cluster, count: number, n: number): Promise<{ bare: Cost; ours: Cost }> {
  const reference = await bareWs();
  const edge = await gateway(cluster, `gateway-${count}-${n}`);
  const bare = await cost(reference, count, `bare-${n}`);
  const ours = await cost(edge, count, `user-${count}-${n}`);
  reference.stop();
  await edge.stop();
  return { bare, ours };
}

const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(1);

function rows(count: number, name: string, costs: readonly Cost[], base: readonly Cost[]): string[] {
  const mid = (of: readonly Cost[], what: keyof Cost): number => median(of.map((c) => c[what]));
  const all = costs.map((c) => c.rss);
  return [
    String(count),
    name,
    `${kilobytes(mid(costs, 'rss'))} (${kilobytes(Math.min(...all))}–${kilobytes(Math.max(...all))})`,
    `${(mid(costs, 'rss') / mid(base, 'rss')).toFixed(2)} ×`,
    kilobytes(mid(costs, 'heapUsed')),
    mid(costs, 'cpuMs').toFixed(2),
  ];
}

const cluster = await Cluster.start();
try {
  await Promise.all([cluster.spawn('presence', 'presence-01'), cluster.spawn('router', 'router-01')]);
  const lines: string[][] = [];
  for (const count of COUNTS) {
    const rounds = [];
    for (let n = 0; n < ROUNDS; n++) rounds.push(await round(cluster, count, n));
    const bare = rounds.map((r) => r.bare);
    lines.push(rows(count, 'bare ws', bare, bare));
    lines.push(
      rows(
        count,
        'gateway',
        rounds.map((r) => r.ours),
        bare,
      ),
    );
  }
  const head = ['connections', 'server', 'resident KB each', 'ratio', 'of it JS heap', 'CPU ms to connect'];
  console.log(table(head, lines));
} finally {
  await cluster.stop();
}
