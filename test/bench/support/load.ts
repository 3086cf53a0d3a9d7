import { WebSocket } from 'ws';

export interface Pair {
  readonly sender: WebSocket;
  readonly recipient: WebSocket;
  readonly to: string;
}

export interface Measured {
  readonly delivered: number;
  /** End-to-end latency of each message, ms. */
  readonly latencies: readonly number[];
  readonly seconds: number;
}

const PADDING = 'x'.repeat(60);

async function open(url: string, userId: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise<void>((done, fail) => socket.once('open', done).once('error', fail));
  const registered = new Promise<void>((done) => socket.once('message', () => done()));
  socket.send(JSON.stringify({ type: 'register', userId }));
  await registered;
  return socket;
}

/** `count` pairs: senders on the first gateway, recipients on the second. */
export async function openPairs(from: string, to: string, count: number, prefix: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const recipient = `${prefix}-r${i}`;
    pairs.push({ sender: await open(from, `${prefix}-s${i}`), recipient: await open(to, recipient), to: recipient });
  }
  return pairs;
}

export function closePairs(pairs: readonly Pair[]): void {
  for (const pair of pairs) {
    pair.sender.terminate();
    pair.recipient.terminate();
  }
}

export interface LoadOptions {
  /** Messages in all. */
  readonly messages: number;
  /** Messages per second over all pairs; undefined: as fast as `window` allows. */
  readonly rate?: number;
  /** Messages under way per pair at most, when there is no rate. */
  readonly window: number;
  /** Extra fields of each message frame, e.g. an idempotency id. */
  readonly fields: (n: number) => Record<string, unknown>;
}

/** Sends `messages` over the pairs and resolves when all have arrived. The send time travels in the content. */
export async function run(pairs: readonly Pair[], options: LoadOptions): Promise<Measured> {
  const latencies: number[] = [];
  const started = performance.now();
  let sent = 0;
  const sendOne = (pair: Pair): void => {
    if (sent >= options.messages) return;
    const n = sent++;
    const content = `${performance.now()} ${PADDING}`;
    pair.sender.send(JSON.stringify({ type: 'message', to: pair.to, content, ...options.fields(n) }));
  };
  await new Promise<void>((done) => {
    for (const pair of pairs) {
      pair.recipient.removeAllListeners('message');
      pair.recipient.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { content: string };
        latencies.push(performance.now() - Number.parseFloat(frame.content));
        if (latencies.length === options.messages) return done();
        if (options.rate === undefined) sendOne(pair);
      });
    }
    if (options.rate === undefined) for (let i = 0; i < options.window; i++) pairs.forEach(sendOne);
    else pace(pairs, options.rate, options.messages, sendOne);
  });
  return { delivered: latencies.length, latencies, seconds: (performance.now() - started) / 1000 };
}

function pace(pairs: readonly Pair[], rate: number, messages: number, sendOne: (pair: Pair) => void): void {
  const started = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const target = Math.min(messages, Math.floor(((performance.now() - started) / 1000) * rate));
    for (; due < target; due++) {
      const pair = pairs[due % pairs.length];
      if (pair) sendOne(pair);
    }
    if (due >= messages) clearInterval(timer);
  }, 1);
}
