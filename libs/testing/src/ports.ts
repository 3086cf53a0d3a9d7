import { connect, createServer } from 'node:net';

/**
 * Below the range from which systems take the ports of outgoing connections: one of those could take a port before its server listens.
 * Above 10080, the highest of the ports that `fetch` refuses ("bad port", https://fetch.spec.whatwg.org/#port-blocking).
 */
const FIRST = 10_100;
const PORTS_PER_WORKER = 2_500;
const WORKERS = 8;

/** Each jest worker hands out ports of its own, each once a round, beginning anywhere so that two runs at a time seldom meet. */
const from = FIRST + (Number(process.env['JEST_WORKER_ID'] ?? 0) % WORKERS) * PORTS_PER_WORKER;
let next = Math.floor(Math.random() * PORTS_PER_WORKER);

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });

/** A TCP port on loopback that was free a moment ago and that no outgoing connection will take. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS_PER_WORKER; tries++) {
    const port = from + (next++ % PORTS_PER_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${from} on`);
}

/** Resolves once somebody accepts on `port`; rejects if a single attempt fails. Use within `eventually`. */
export async function listening(port: number): Promise<void> {
  await new Promise<void>((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      done();
    });
    socket.once('error', fail);
  });
}
