import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually, freePort } from '#testing';
import { ConnectionEndedError, SendError, connect } from '../index.js';
import { Stage, record } from '../spec/stage.js';

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.close());

describe('registering', () => {
  test('sends who and where from, offers the subprotocol, resolves with what the server answers', async () => {
    const alice = stage.client();
    const registered = alice.register('alice', { device: 'phone', ack: 'manual', lastMessageId: 4, epoch: 'e1' });
    const connection = await stage.peer.connection();
    const command = await connection.next('register');
    expect(command).toMatchObject({ userId: 'alice', device: 'phone', ack: 'manual', lastMessageId: 4, epoch: 'e1' });
    expect(connection.subprotocol).toBe('switchboard.json');
    connection.registered(command, { lastMessageId: 9 });
    expect(await registered).toMatchObject({ userId: 'alice', lastMessageId: 9 });
    expect(alice.phase).toBe('live');
  });

  test('asks again on the same connection when the server cannot register for now', async () => {
    const alice = stage.client();
    const errors = record(alice, 'error');
    const registered = alice.register('alice');
    const connection = await stage.peer.connection();
    connection.refuse(await connection.next('register'), 'WS_UNAVAILABLE', 'Failed to register');
    connection.registered(await connection.next('register'));
    await registered;
    expect(errors).toMatchObject([{ code: 'WS_UNAVAILABLE', error: 'Failed to register' }]);
    expect(stage.peer.count).toBe(1);
  });

  test('rejects and ends when the server will not have it', async () => {
    const alice = stage.client();
    const registered = alice.register('alice');
    const connection = await stage.peer.connection();
    connection.refuse(await connection.next('register'), 'WS_AUTH_FAILED', 'Authentication failed');
    await expect(registered).rejects.toThrow('Authentication failed');
    expect(await connection.closed).toBe(1000);
    await eventually(() => expect(alice.phase).toBe('closed'));
  });

  test('is refused for bad names, twice, and for an address that is none', async () => {
    const alice = stage.client();
    await expect(alice.register('')).rejects.toThrow('userId must be 1 to 128 characters');
    await expect(alice.register('alice', { device: 'a\nb' })).rejects.toThrow('device must be');
    const first = alice.register('alice');
    await expect(alice.register('alice')).rejects.toThrow('called before');
    await alice.close();
    await expect(first).rejects.toBeInstanceOf(ConnectionEndedError);
    expect(() => connect('localhost:8080')).toThrow('no ws: or wss: address');
    expect(() => connect('http://localhost')).toThrow(TypeError);
  });

  test('tells why nobody answers, if asked to try only once', async () => {
    const alice = connect(`ws://127.0.0.1:${await freePort()}/ws`, { retryFirst: false });
    await expect(alice.register('alice')).rejects.toThrow('ECONNREFUSED');
    expect(alice.phase).toBe('closed');
  });
});

describe('closing', () => {
  test('is orderly, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    const { alice, connection } = await stage.live({ clock });
    const sent = alice.send('bob', 'x').catch((error: SendError) => error.code);
    await alice.close();
    expect(await connection.closed).toBe(1000);
    expect(await sent).toBe('closed');
    expect(clock.pending).toBe(0);
    await alice.close();
  });

  test('gives up a server that does not answer the close', async () => {
    const clock = new VirtualClock();
    const { alice, connection } = await stage.live({ clock });
    connection.freeze();
    const closed = alice.close();
    clock.advance(2_000);
    await closed;
    expect(clock.pending).toBe(0);
  });

  // Interleaving: close() comes while the WebSocket is still being made, or its handshake is under way. Nothing may connect afterwards.
  test('while connecting leaves nothing behind', async () => {
    const clock = new VirtualClock();
    for (const turns of [0, 1, 5]) {
      const alice = stage.client({ clock });
      const registered = alice.register('alice').catch((error: Error) => error);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await alice.close();
      expect(await registered).toBeInstanceOf(ConnectionEndedError);
    }
    expect(clock.pending).toBe(0);
    await eventually(() => expect(stage.peer.open).toBe(0));
  });

  // Interleaving: a listener closes the client while the effects of `registered` are still being carried out.
  test('from within a listener comes after what is under way', async () => {
    const clock = new VirtualClock();
    const alice = stage.client({ clock });
    alice.on('registered', () => void alice.close());
    const registered = alice.register('alice');
    const connection = await stage.peer.connection();
    connection.registered(await connection.next('register'));
    await registered;
    expect(await connection.closed).toBe(1000);
    await eventually(() => expect(alice.phase).toBe('closed'));
    expect(clock.pending).toBe(0);
  });
});
