import { createMesh, instance, RedisCarrier, type AskSink } from '#mesh';
import { Routers } from './processes.js';
import { RedisTestLeases } from './redis-leases.js';

/**
 * Asks and tells a second and CPU-second (both processes; Redis reported apart) over the redis carrier, from this process to a router process:
 * `node --conditions=source --import ./libs/mesh/test/processes/typescript.mjs libs/mesh/test/processes/measure.ts <redis url> [seconds]`.
 */
const [url = '', seconds = '5'] = process.argv.slice(2);
const forMs = Number(seconds) * 1_000;
/** Asks under way at once; tells queued a turn. */
const WINDOW = 200;
const leases = new RedisTestLeases(url);
const routers = new Routers(url);
const node = createMesh({ id: 'bench', roles: ['gateway'], carrier: new RedisCarrier({ url }), leases });
await routers.start('router-01', 'mesh');
await node.join();
const to = instance('router', 'router-01');
const data = { to: 'user-1234', from: 'user-5678', id: 'message-9012', body: Buffer.alloc(100, 7) };
const options = { timeoutMs: 30_000, idempotent: true };

const usageOf = async (): Promise<number> => {
  const theirs = await node.ask<NodeJS.CpuUsage>(to, 'usage', null, options);
  const mine = process.cpuUsage();
  return (mine.user + mine.system + theirs.user + theirs.system) / 1e6;
};

/** Runs `work` until the time is over and prints what it did. */
async function measure(name: string, work: (until: number) => Promise<number>): Promise<void> {
  await work(Date.now() + 1_000);
  const cpu = await usageOf();
  const frames = node.stats();
  const start = performance.now();
  const count = await work(Date.now() + forMs);
  const elapsed = (performance.now() - start) / 1_000;
  const spent = (await usageOf()) - cpu;
  const now = node.stats();
  const perFrame = (now.packetsSent - frames.packetsSent) / (now.framesSent - frames.framesSent);
  const rates = `${Math.round(count / elapsed)}/s, ${Math.round(count / spent)} per CPU-second`;
  process.stdout.write(`${name}: ${rates}, ${perFrame.toFixed(1)} packets a frame\n`);
}

class Pipeline implements AskSink<unknown> {
  count = 0;
  private waiting = 0;
  private done: (() => void) | undefined;

  constructor(private readonly until: number) {}

  run(): Promise<void> {
    for (let i = 0; i < WINDOW; i++) this.next();
    return new Promise((done) => {
      this.done = done;
    });
  }

  onReply(): void {
    this.waiting--;
    this.count++;
    if (Date.now() < this.until) this.next();
    else if (this.waiting === 0) this.done?.();
  }

  onError(error: Error): void {
    throw error;
  }

  private next(): void {
    this.waiting++;
    node.request(to, 'echo', data, options, this);
  }
}

const asks = async (until: number): Promise<number> => {
  const pipeline = new Pipeline(until);
  await pipeline.run();
  return pipeline.count;
};

const tells = async (until: number): Promise<number> => {
  let count = 0;
  while (Date.now() < until) {
    for (let i = 0; i < WINDOW; i++) node.tell(to, 'sink', data);
    count += WINDOW;
    await new Promise((done) => setImmediate(done));
    // As much as has been told is taken before more is.
    if (count % (WINDOW * 10) === 0) await node.ask(to, 'usage', null, options);
  }
  await node.ask(to, 'usage', null, options);
  return count;
};

const single = async (until: number): Promise<number> => {
  let count = 0;
  for (; Date.now() < until; count++) await node.ask(to, 'echo', data, options);
  return count;
};

await measure(`asks, ${WINDOW} under way`, asks);
await measure('tells', tells);
await measure('asks, one after the other', single);
await node.leave();
await routers.stop();
leases.close();
