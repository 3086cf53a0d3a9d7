import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '#testing';
import { SendError } from '../index.js';
import { Stage } from '../spec/stage.js';

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.close());

describe('sending', () => {
  test('resolves with accepted, under an id of its own or a given one', async () => {
    const { alice, connection } = await stage.live();
    const first = alice.send('bob', 'Hello!');
    const command = await connection.next('message');
    expect(command).toMatchObject({ to: 'bob', content: 'Hello!' });
    expect(command['id']).toMatch(/^[0-9a-f]{24}-1$/);
    connection.accepted(command, 7);
    expect(await first).toMatchObject({ messageId: 7, id: command['id'] });
    const second = alice.send('bob', 'x', { id: 'mine', kind: 'image' });
    const given = await connection.next('message');
    expect(given).toMatchObject({ id: 'mine', kind: 'image' });
    connection.accepted(given, 8);
    expect(await second).toMatchObject({ messageId: 8, id: 'mine' });
    expect(alice.pending).toBe(0);
  });

  test('before registration waits for it', async () => {
    const alice = stage.client();
    const sent = alice.send('bob', 'early');
    const registered = alice.register('alice');
    const connection = await stage.peer.connection();
    connection.registered(await connection.next('register'));
    await registered;
    connection.accepted(await connection.next('message'), 1);
    expect(await sent).toMatchObject({ messageId: 1 });
  });

  test('repeats what was not accepted on the next connection: the same ids, in order, before anything newer', async () => {
    const { alice, connection } = await stage.live();
    const sends = ['a', 'b', 'c'].map((id) => alice.send('bob', id, { id }));
    connection.accepted(await connection.next('message'), 1);
    await sends[0];
    await connection.next('message');
    connection.cut();
    const again = await stage.peer.connection();
    sends.push(alice.send('bob', 'd', { id: 'd' }));
    again.registered(await again.next('register'));
    for (const [index, id] of ['b', 'c', 'd'].entries()) {
      const command = await again.next('message');
      expect(command).toMatchObject({ id, content: id });
      again.accepted(command, index + 2, id === 'b' ? { duplicate: true } : {});
    }
    expect(await Promise.all(sends)).toMatchObject([
      { messageId: 1 },
      { messageId: 2, duplicate: true },
      { messageId: 3 },
      { messageId: 4 },
    ]);
  });

  test('repeats after an error that may pass, and holds later messages back meanwhile', async () => {
    const { alice, connection } = await stage.live();
    const sends = ['a', 'b'].map((id) => alice.send('bob', id, { id }));
    const [a, b] = [await connection.next('message'), await connection.next('message')];
    connection.refuse(a, 'WS_UNAVAILABLE', 'Failed to send message');
    connection.refuse(b, 'WS_RATE_LIMITED', 'Too many requests', 1);
    for (const [index, id] of ['a', 'b'].entries()) {
      const command = await connection.next('message');
      expect(command).toMatchObject({ id });
      connection.accepted(command, index + 1);
    }
    expect(await Promise.all(sends)).toMatchObject([{ messageId: 1 }, { messageId: 2 }]);
  });

  test('fails with the code of an error that will not pass', async () => {
    const { alice, connection } = await stage.live();
    const sent = alice.send('bob', 'x', { id: 'm' });
    connection.refuse(await connection.next('message'), 'WS_FORBIDDEN', 'Forbidden');
    await expect(sent).rejects.toMatchObject({
      name: 'SendError',
      code: 'WS_FORBIDDEN',
      message: 'Forbidden',
      id: 'm',
    });
  });

  test('fails when too many wait, for an id that is on its way, and for bad input', async () => {
    const alice = stage.client({ maxPending: 1 });
    const waiting = alice.send('bob', 'x', { id: 'm' });
    await expect(alice.send('bob', 'y', { id: 'm' })).rejects.toMatchObject({ code: 'id-in-use' });
    await expect(alice.send('bob', 'y')).rejects.toMatchObject({ code: 'queue-full' });
    await expect(alice.send('', 'y')).rejects.toThrow('to must be 1 to 128 characters');
    await expect(alice.send('bob', 'y', { id: 'x'.repeat(65) })).rejects.toThrow('id must be a string of 1 to 64');
    await alice.close();
    await expect(waiting).rejects.toBeInstanceOf(SendError);
    await expect(alice.send('bob', 'late')).rejects.toMatchObject({ code: 'closed' });
  });

  test('fails after its timeout, and an answer that comes later harms nothing', async () => {
    const clock = new VirtualClock();
    const { alice, connection } = await stage.live({ clock });
    const sent = alice.send('bob', 'x', { id: 'm', timeoutMs: 100 });
    const command = await connection.next('message');
    clock.advance(100);
    await expect(sent).rejects.toMatchObject({ code: 'timeout', id: 'm' });
    connection.accepted(command, 1);
    const next = alice.send('bob', 'y');
    connection.accepted(await connection.next('message'), 2);
    expect(await next).toMatchObject({ messageId: 2 });
  });
});
