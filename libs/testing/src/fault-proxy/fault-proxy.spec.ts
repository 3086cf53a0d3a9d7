import { createServer, connect, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FaultProxy, eventually, freePort } from '#testing';

/** A socket and what became of it. */
interface Peer {
  readonly socket: Socket;
  received: string;
  ended: boolean;
  error: string | undefined;
  closed: boolean;
}

const watch = (socket: Socket): Peer => {
  const peer: Peer = { socket, received: '', ended: false, error: undefined, closed: false };
  socket.on('data', (bytes: Buffer) => (peer.received += bytes.toString()));
  socket.on('end', () => (peer.ended = true));
  socket.on('error', (error: NodeJS.ErrnoException) => (peer.error = error.code));
  socket.on('close', () => (peer.closed = true));
  return peer;
};

describe('the fault proxy', () => {
  let server: Server;
  let proxy: FaultProxy;
  const accepted: Peer[] = [];
  const clients: Peer[] = [];

  beforeEach(async () => {
    const port = await freePort();
    server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(watch(socket)));
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    proxy = await FaultProxy.start(port);
  });

  afterEach(async () => {
    for (const { socket } of [...accepted.splice(0), ...clients.splice(0)]) socket.destroy();
    await proxy.stop();
    await new Promise<void>((done) => server.close(() => done()));
  });

  const dial = (): Peer => {
    const peer = watch(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }));
    clients.push(peer);
    return peer;
  };

  /** A client and the server's end of the same connection. */
  const pair = async (): Promise<readonly [Peer, Peer]> => {
    const before = accepted.length;
    const client = dial();
    return eventually(() => {
      expect(accepted).toHaveLength(before + 1);
      return [client, accepted[before]!] as const;
    });
  };

  const sees = async (peer: Peer, text: string): Promise<void> =>
    eventually(() => expect(peer.received).toBe(text), { everyMs: 1 });

  /** Something sent and received on another connection: what could have come meanwhile has. */
  const meanwhile = async (way: 'up' | 'down'): Promise<void> => {
    const other = await FaultProxy.start((server.address() as { port: number }).port);
    const before = accepted.length;
    const socket = watch(connect(other.port, '127.0.0.1'));
    await eventually(() => expect(accepted).toHaveLength(before + 1));
    const [from, to] = way === 'up' ? [socket, accepted[before]!] : [accepted[before]!, socket];
    from.socket.write('later');
    await sees(to, 'later');
    await other.stop();
  };

  test('passes bytes both ways, and an orderly end one way at a time', async () => {
    const [client, served] = await pair();
    client.socket.write('hello');
    await sees(served, 'hello');
    client.socket.end('bye');
    await eventually(() => expect(served).toMatchObject({ received: 'hellobye', ended: true }));
    served.socket.end('still here');
    await eventually(() => expect(client).toMatchObject({ received: 'still here', ended: true, error: undefined }));
    await eventually(() => expect(proxy.connections).toBe(0));
  });

  test('a reset of one side is a reset of the other', async () => {
    const [client, served] = await pair();
    served.socket.resetAndDestroy();
    await eventually(() => expect(client).toMatchObject({ closed: true, error: 'ECONNRESET', ended: false }));
    await eventually(() => expect(proxy.connections).toBe(0));
  });

  test('nobody behind it: the connection is reset', async () => {
    const lonely = await FaultProxy.start(await freePort());
    const client = watch(connect(lonely.port, '127.0.0.1'));
    await eventually(() => expect(client).toMatchObject({ closed: true, error: 'ECONNRESET' }));
    await lonely.stop();
  });

  test('cut: nothing passes the cut way, the other goes on, and all of it comes in order once healed', async () => {
    const [client, served] = await pair();
    proxy.cut(['up']);
    client.socket.write('one ');
    served.socket.write('down');
    await sees(client, 'down');
    client.socket.write('two');
    await meanwhile('up');
    expect(served.received).toBe('');
    proxy.heal();
    await sees(served, 'one two');
    expect(proxy.connections).toBe(1);
  });

  test('cut: an end is not heard of before it is healed, and a new connection hears nothing', async () => {
    const [client, served] = await pair();
    proxy.cut();
    client.socket.resetAndDestroy();
    const late = dial();
    await eventually(() => expect(accepted).toHaveLength(2));
    late.socket.write('anybody?');
    await meanwhile('up');
    expect(served.closed).toBe(false);
    expect(accepted[1]!.received).toBe('');
    proxy.heal();
    await eventually(() => expect(served.closed).toBe(true));
    await sees(accepted[1]!, 'anybody?');
  });

  test('drop: what is sent is lost, and a connection that has lost something is reset when healed, others stay', async () => {
    const [unlucky, served] = await pair();
    const [lucky, alsoServed] = await pair();
    proxy.drop(['up']);
    unlucky.socket.write('lost');
    await meanwhile('up');
    await eventually(() => expect(unlucky.socket.bytesWritten).toBe(4));
    served.socket.write('to you');
    await sees(unlucky, 'to you');
    expect(served.received).toBe('');
    proxy.heal();
    await eventually(() => expect([unlucky.closed, served.closed]).toEqual([true, true]));
    lucky.socket.write('kept');
    await sees(alsoServed, 'kept');
  });

  test.each(['client', 'server'] as const)(
    'half-open: the %s is gone, the other side hears of nothing',
    async (gone) => {
      const [client, served] = await pair();
      expect(proxy.halfOpen(gone)).toBe(1);
      const [dead, left] = gone === 'client' ? [client, served] : [served, client];
      await eventually(() => expect(dead.closed).toBe(true));
      left.socket.write('anybody?');
      await meanwhile('up');
      expect(left).toMatchObject({ closed: false, ended: false, received: '' });
      proxy.heal();
      await eventually(() => expect(left.closed).toBe(true));
    },
  );

  test('reset: those that were chosen', async () => {
    const [first] = await pair();
    const [second] = await pair();
    expect(proxy.reset((place) => place === 1)).toBe(1);
    await eventually(() => expect(second).toMatchObject({ closed: true, error: 'ECONNRESET' }));
    expect(first.closed).toBe(false);
  });

  test('refuse: new connections are reset, those that are there stay, until it is healed', async () => {
    const [client, served] = await pair();
    proxy.refuse();
    const refused = dial();
    await eventually(() => expect(refused.closed).toBe(true));
    client.socket.write('still');
    await sees(served, 'still');
    proxy.heal();
    await pair();
  });

  // Of time only the order is looked at: a slow direction comes after a fast one that was written to later.
  test('slow: each way by itself late, at so many bytes a second, in order', async () => {
    const order: string[] = [];
    const [client, served] = await pair();
    proxy.slow({ delayMs: 100 }, ['up']);
    proxy.slow({ bytesPerSecond: 1_000_000 }, ['down']);
    served.socket.on('data', () => order.push('up'));
    client.socket.on('data', () => order.push('down'));
    client.socket.write('slow');
    served.socket.write('x'.repeat(10_000));
    await sees(served, 'slow');
    await sees(client, 'x'.repeat(10_000));
    expect(order[0]).toBe('down');
    expect(order.at(-1)).toBe('up');
  });

  test('a large stream comes whole through a slow way, and what waits is sent at once when healed', async () => {
    const [client, served] = await pair();
    proxy.slow({ bytesPerSecond: 1_000 }, ['up']);
    const sent = Array.from({ length: 200_000 }, (_, i) => i % 10).join('');
    client.socket.write(sent);
    await eventually(() => expect(served.received.length).toBeGreaterThan(0));
    proxy.heal();
    await eventually(() => expect(served.received.length).toBe(sent.length));
    expect(served.received === sent).toBe(true);
  });
});
