import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { OPCODE, encode } from '../conformance/raw-frames.js';
import { RawPeer, request } from '../conformance/raw-peer.js';

/** What an attack has come to. */
export interface Attack {
  /** In words, as things stand. */
  outcome(): string;
  stop(): void;
}

const text = (fields: object): Buffer => encode({ opcode: OPCODE.text, payload: JSON.stringify(fields) });

/** Half an upgrade request, then one byte a second for as long as it is let: a slow loris. */
export function halfOpenUpgrades(port: number, count: number): Attack & { readonly answers: readonly string[] } {
  const half = request().slice(0, -4);
  const answers: string[] = [];
  let open = 0;
  const sockets = Array.from({ length: count }, (): Socket => {
    const socket = connect(port, '127.0.0.1', () => {
      open++;
      socket.write(half);
    });
    socket.once('data', (data: Buffer) => answers.push(data.toString('latin1').split('\r\n', 1)[0]!));
    socket.on('error', () => undefined);
    socket.on('close', () => open--);
    return socket;
  });
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x');
  }, 1_000);
  return {
    answers,
    outcome: () => `${open} of ${count} open, ${answers.length} answered (${[...new Set(answers)].join(', ')})`,
    stop: () => {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** So many at once as a listener's backlog takes. */
const BATCH = 100;

/** Connections that are opened and say nothing. */
export function silentConnections(
  port: number,
  count: number,
): Attack & { readonly codes: ReadonlyMap<string, number> } {
  const codes = new Map<string, number>();
  const peers = new Set<RawPeer>();
  const stopping = new AbortController();
  const note = (what: string): unknown => codes.set(what, (codes.get(what) ?? 0) + 1);
  const untilClosed = async (peer: RawPeer): Promise<void> => {
    await once(peer.socket, 'end');
    note(String((await peer.closed()).code));
    peer.destroy();
  };
  const one = async (): Promise<void> => {
    const peer = await RawPeer.open(port);
    peers.add(peer);
    untilClosed(peer).catch((error: unknown) => note(String(error)));
  };
  const all = async (): Promise<void> => {
    for (let begun = 0; begun < count && !stopping.signal.aborted; begun += BATCH)
      await Promise.allSettled(Array.from({ length: Math.min(BATCH, count - begun) }, one));
  };
  void all();
  return {
    codes,
    outcome: () => `${peers.size} opened, closed with: ${JSON.stringify(Object.fromEntries(codes))}`,
    stop: () => {
      stopping.abort();
      for (const peer of peers) peer.destroy();
    },
  };
}

/** Frames of `bytes` on one connection, as fast as it takes them. */
export async function bigFrames(port: number, bytes: number): Promise<Attack & { readonly peer: RawPeer }> {
  const peer = await RawPeer.open(port);
  peer.write(text({ type: 'register', userId: 'big' }));
  await peer.next();
  const shell = JSON.stringify({ type: 'message', to: 'nobody', content: '' });
  const frame = encode({ opcode: OPCODE.text, payload: shell.replace('""', `"${'x'.repeat(bytes - shell.length)}"`) });
  const began = performance.now();
  const more = (): void => {
    while (!peer.ended && peer.socket.write(frame)) continue;
  };
  peer.socket.on('drain', more);
  more();
  return {
    peer,
    outcome: () => {
      const sent = (peer.socket.bytesWritten - peer.socket.writableLength) / 2 ** 20;
      const seconds = (performance.now() - began) / 1_000;
      return `${(sent / seconds).toFixed(1)} MiB/s were taken, ${peer.ended ? 'closed' : 'open'}`;
    },
    stop: () => peer.destroy(),
  };
}

/** A client that registers and reads nothing, and others that write to it, a message of `bytes` every `everyMs` each. */
export async function deafClient(
  port: number,
  writers: number,
  bytes: number,
  everyMs: number,
): Promise<Attack & { readonly sent: () => number }> {
  const deaf = await RawPeer.open(port);
  deaf.write(text({ type: 'register', userId: 'deaf' }));
  await deaf.next();
  deaf.socket.pause();
  const frame = text({ type: 'message', to: 'deaf', content: 'x'.repeat(bytes), ref: 1 });
  const others = await Promise.all(Array.from({ length: writers }, () => RawPeer.open(port)));
  let [accepted, refused] = [0, 0];
  others.forEach((peer, i) => peer.write(text({ type: 'register', userId: `writer-${i}` })));
  const pump = setInterval(() => {
    for (const peer of others) {
      for (const { payload } of peer.frames.splice(1)) {
        if (payload.includes('accepted')) accepted++;
        else refused++;
      }
      if (peer.socket.writableLength === 0) peer.write(frame);
    }
  }, everyMs);
  return {
    sent: () => accepted,
    outcome: () => `${accepted} messages of ${bytes} bytes accepted, ${refused} refused`,
    stop: () => {
      clearInterval(pump);
      for (const peer of [deaf, ...others]) peer.destroy();
    },
  };
}
