import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually } from '#testing';
import { Stage, ids, record } from '../spec/stage.js';

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.close());

describe('receiving', () => {
  test('hands over each message once and in order, to listeners and streams', async () => {
    const { alice, connection } = await stage.live();
    const seen = record(alice, 'message');
    const stream = alice.messages();
    for (const messageId of [5, 6, 6, 5, 7]) connection.message(messageId);
    const read = [await stream.next(), await stream.next(), await stream.next()];
    expect(read.map(({ value }) => value?.messageId)).toEqual([5, 6, 7]);
    expect(ids(seen)).toEqual([5, 6, 7]);
    await alice.close();
    expect(await stream.next()).toMatchObject({ done: true });
    expect(await alice.messages().next()).toMatchObject({ done: true });
  });

  test('reports a gap as a fault of the server, and goes on', async () => {
    const { alice, connection } = await stage.live();
    const seen = record(alice, 'message');
    const faults = record(alice, 'fault');
    for (const messageId of [1, 3, 4]) connection.message(messageId);
    await eventually(() => expect(ids(seen)).toEqual([1, 3, 4]));
    expect(faults).toEqual([expect.objectContaining({ reason: expect.stringContaining('message 3 came after 1') })]);
  });

  test('lets messages without id through as they come, and none of a conversation that is not subscribed', async () => {
    const { alice, connection } = await stage.live();
    const seen = record(alice, 'message');
    connection.message(1);
    connection.message(undefined);
    connection.message(9, { conversation: 'c', to: undefined });
    connection.message(2);
    await eventually(() => expect(ids(seen)).toEqual([1, undefined, 2]));
  });

  test('a frame that is none, and events of newer servers, do no harm', async () => {
    const { alice, connection } = await stage.live();
    const seen = record(alice, 'message');
    const faults = record(alice, 'fault');
    connection.raw('{');
    connection.raw(Buffer.from([1, 2]));
    connection.raw('{"type":"from-the-future"}');
    connection.message(1);
    await eventually(() => expect(ids(seen)).toEqual([1]));
    expect(faults).toHaveLength(2);
  });
});

describe('coming back', () => {
  test('goes on after the last message seen, drops what it had, and takes the rest', async () => {
    const { alice, connection } = await stage.live();
    const seen = record(alice, 'message');
    const lost = record(alice, 'reconnecting');
    connection.message(1);
    connection.message(2);
    await eventually(() => expect(seen).toHaveLength(2));
    connection.close(4001, 'slow consumer');
    const again = await stage.peer.connection();
    const command = await again.next('register');
    expect(command).toMatchObject({ userId: 'alice', lastMessageId: 2, epoch: 'e1' });
    again.registered(command);
    for (const messageId of [2, 3]) again.message(messageId);
    await eventually(() => expect(ids(seen)).toEqual([1, 2, 3]));
    expect(lost).toMatchObject([{ code: 4001, reason: 'slow consumer' }]);
    expect(alice.cursor).toEqual({ epoch: 'e1', lastMessageId: 3 });
  });

  test.each([{ resumed: false }, { epoch: 'e2' }])(
    'says when messages may be missing (%j), and reads on from what comes',
    async (answer) => {
      const { alice, connection } = await stage.live();
      const resyncs = record(alice, 'resync');
      const faults = record(alice, 'fault');
      const seen = record(alice, 'message');
      connection.message(7);
      await eventually(() => expect(seen).toHaveLength(1));
      connection.cut();
      const again = await stage.peer.connection();
      again.registered(await again.next('register'), answer);
      again.message(3);
      await eventually(() => expect(ids(seen)).toEqual([7, 3]));
      expect(resyncs).toHaveLength(1);
      expect(faults).toEqual([]);
    },
  );

  test('waits as long as the server asked for before it closed', async () => {
    const clock = new VirtualClock();
    const { alice, connection } = await stage.live({ clock, random: () => 0 });
    const closing = record(alice, 'closing');
    connection.say({ type: 'closing', reason: 'drain', reconnectAfterMs: 700 });
    connection.close(1012, 'restart');
    await eventually(() => expect(alice.phase).toBe('waiting'));
    expect(closing).toMatchObject([{ reason: 'drain', reconnectAfterMs: 700 }]);
    clock.advance(699);
    expect(alice.phase).toBe('waiting');
    clock.advance(1);
    const again = await stage.peer.connection();
    again.registered(await again.next('register'));
  });

  test.each([1000, 4500, 4501, 4502, 4504])('never after close code %i', async (code) => {
    const { alice, connection } = await stage.live();
    const closed = record(alice, 'closed');
    const sent = alice.send('bob', 'x');
    await connection.next('message');
    connection.close(code, 'because');
    await expect(sent).rejects.toMatchObject({ code: 'closed', message: 'because' });
    expect(closed).toEqual([{ code, reason: 'because' }]);
    expect(alice.phase).toBe('closed');
  });

  test('finds the server again after it was away', async () => {
    const { alice, connection } = await stage.live();
    connection.cut();
    await stage.restart();
    const again = await stage.peer.connection();
    again.registered(await again.next('register'));
    await eventually(() => expect(alice.phase).toBe('live'));
  });
});

describe('heartbeats', () => {
  test('pings each interval and stays as long as anything comes', async () => {
    const clock = new VirtualClock();
    const { alice, connection } = await stage.live({ clock });
    const seen = record(alice, 'message');
    for (let beat = 1; beat <= 3; beat++) {
      clock.advance(beat === 1 ? 30_000 : 20_000);
      await connection.next('ping');
      connection.message(beat);
      await eventually(() => expect(seen).toHaveLength(beat));
      clock.advance(10_000);
    }
    expect(alice.phase).toBe('live');
  });

  test('a connection on which no pong comes is dead: it is left without waiting for its close', async () => {
    const clock = new VirtualClock();
    const { alice, connection } = await stage.live({ clock, random: () => 0 });
    const lost = record(alice, 'reconnecting');
    // From here on the server is as good as unplugged: it reads nothing, so not even a close frame is answered.
    connection.freeze();
    clock.advance(30_000);
    expect(alice.phase).toBe('live');
    clock.advance(10_000);
    expect(lost).toMatchObject([{ code: 4000, delayMs: 0 }]);
    clock.advance(0);
    const again = await stage.peer.connection();
    again.registered(await again.next('register'));
    await eventually(() => expect(alice.phase).toBe('live'));
  });
});
