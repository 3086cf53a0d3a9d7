import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AppProcess,
  WireClient,
  eventually,
  freePort,
  listening,
  testCertificate,
  type TestCertificate,
} from '#testing';

describe('standalone over TLS', () => {
  let one: TestCertificate;
  let two: TestCertificate;
  let directory: string;
  let app: AppProcess;
  const clients: WireClient[] = [];

  const write = async ({ cert, key }: TestCertificate): Promise<void> => {
    await writeFile(join(directory, 'tls.key'), key);
    await writeFile(join(directory, 'tls.crt'), cert);
  };
  const trusted = (): string[] => [one.cert, two.cert];

  /** GET over https. */
  const get = (path: string): Promise<{ readonly status: number | undefined; readonly body: string }> =>
    new Promise((done, fail) => {
      const sent = request({ host: '127.0.0.1', port: app.port, path, ca: trusted(), agent: false }, (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => done({ status: answer.statusCode, body }));
      });
      sent.on('error', fail).end();
    });
  /** Whose certificate a new connection is shown. */
  const shown = (): Promise<string> =>
    new Promise((done, fail) => {
      const socket = tlsConnect({ host: '127.0.0.1', port: app.port, ca: trusted() }, () => {
        done(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on('error', fail);
    });
  const connect = async (): Promise<WireClient> => {
    const client = await WireClient.connect(`wss://127.0.0.1:${app.port}/ws`, { ca: trusted() });
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    [one, two] = await Promise.all([testCertificate('one'), testCertificate('two')]);
    directory = await mkdtemp(join(tmpdir(), 'switchboard-tls-'));
    await write(one);
    app = AppProcess.spawn('standalone', await freePort(), {
      INSTANCE_ID: 'tls',
      DATA_DIR: join(directory, 'data'),
      TLS_CERT_FILE: join(directory, 'tls.crt'),
      TLS_KEY_FILE: join(directory, 'tls.key'),
    });
    await eventually(async () => expect((await get('/health/ready')).status).toBe(200), { timeoutMs: 20_000 });
  }, 60_000);

  afterAll(async () => {
    for (const client of clients) client.terminate();
    await app?.kill();
    await rm(directory, { recursive: true, force: true });
  });

  test('serves clients and health on one port, and says so', async () => {
    const [alice, bob] = [await connect(), await connect()];
    await alice.register('alice');
    await bob.register('bob');
    const content = 'x'.repeat(100_000);
    alice.send({ type: 'message', to: 'bob', content, ref: 1 });
    expect(await bob.next()).toMatchObject({ type: 'message', content });
    expect(await alice.next()).toMatchObject({ type: 'accepted', messageId: 1 });
    await bob.close();
    const again = await connect();
    await again.register('bob');
    alice.send({ type: 'message', to: 'bob', content: 'next' });
    expect(await again.next()).toMatchObject({ messageId: 2 });
    expect((await get('/health')).status).toBe(200);
    expect(app.log).toContain(`wss://localhost:${app.port}/ws`);
    expect(app.log).toContain(`"url":"https://127.0.0.1:${app.port}"`);
  });

  test('answers nobody who speaks plainly, and goes on', async () => {
    await expect(fetch(app.url('/health'))).rejects.toThrow();
    await expect(WireClient.connect(`ws://127.0.0.1:${app.port}/ws`)).rejects.toThrow();
    await listening(app.port);
    expect((await get('/health/live')).status).toBe(200);
  });

  test('shows a new certificate without losing a connection; one that is half there is not taken', async () => {
    const before = await connect();
    await before.register('carol');
    expect(await shown()).toBe('one');
    await writeFile(join(directory, 'tls.crt'), two.cert);
    await eventually(() => expect(app.log).toContain('the new certificate cannot be used'), { timeoutMs: 20_000 });
    expect(await shown()).toBe('one');
    await write(two);
    await eventually(async () => expect(await shown()).toBe('two'), { timeoutMs: 20_000 });
    before.send({ type: 'ping' });
    expect(await before.next()).toEqual({ type: 'pong' });
    const after = await connect();
    await after.register('dave');
    after.send({ type: 'message', to: 'carol', content: 'still there?' });
    expect(await before.next()).toMatchObject({ type: 'message', from: 'dave' });
    expect(JSON.parse((await get('/stats')).body)).toMatchObject({ tls: { reloads: 1 } });
    expect(app.log).not.toContain('PRIVATE KEY');
  });

  test('stops in order', async () => {
    const client = await connect();
    await client.register('erin');
    const exit = app.terminate();
    await eventually(() => expect(client.closed?.code).toBe(1012), { timeoutMs: 20_000 });
    expect(await exit).toBe(0);
  });
});
