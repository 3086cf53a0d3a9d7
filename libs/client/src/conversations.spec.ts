import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { Stage, ids, record } from '../spec/stage.js';

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const IN_ROOM = { conversation: 'room', to: undefined };

describe('conversations', () => {
  test('are opened, read beside the inbox, and closed', async () => {
    const { alice, connection } = await stage.live();
    const seen = record(alice, 'message');
    const subscribed = alice.subscribe('room', { lastMessageId: 4, epoch: 'c1' });
    const command = await connection.next('subscribe');
    expect(command).toMatchObject({ conversation: 'room', lastMessageId: 4, epoch: 'c1' });
    connection.subscribed(command);
    expect(await subscribed).toMatchObject({ conversation: 'room', lastMessageId: 9 });
    connection.message(1);
    for (const id of [4, 5, 5, 6]) connection.message(id, IN_ROOM);
    await eventually(() => expect(ids(seen)).toEqual([1, 5, 6]));
    expect(alice.cursorOf('room')).toEqual({ epoch: 'c1', lastMessageId: 6 });
    const done = alice.unsubscribe('room');
    connection.message(7, IN_ROOM);
    connection.answer(await connection.next('unsubscribe'), { type: 'unsubscribed', conversation: 'room' });
    await done;
    expect(ids(seen)).toEqual([1, 5, 6]);
  });

  test('go on after a reconnect where they were, drop what was seen, and tell of a gap', async () => {
    const { alice, connection } = await stage.live();
    const seen = record(alice, 'message');
    const faults = record(alice, 'fault');
    const subscribed = alice.subscribe('room');
    connection.subscribed(await connection.next('subscribe'));
    await subscribed;
    for (const id of [7, 8]) connection.message(id, IN_ROOM);
    await eventually(() => expect(ids(seen)).toEqual([7, 8]));
    connection.cut();
    const again = await stage.back();
    const command = await again.next('subscribe');
    expect(command).toMatchObject({ conversation: 'room', lastMessageId: 8, epoch: 'c1' });
    again.subscribed(command);
    for (const id of [8, 9, 11]) again.message(id, IN_ROOM);
    await eventually(() => expect(ids(seen)).toEqual([7, 8, 9, 11]));
    expect(faults).toMatchObject([{ reason: expect.stringContaining('message 11 of room came after 9') }]);
  });

  test('whose log is not held any more are said to need a resync', async () => {
    const { alice, connection } = await stage.live();
    const resyncs = record(alice, 'resync');
    const subscribed = alice.subscribe('room', { lastMessageId: 4, epoch: 'c0' });
    connection.subscribed(await connection.next('subscribe'), { resumed: false });
    await subscribed;
    expect(resyncs).toMatchObject([{ type: 'subscribed', conversation: 'room' }]);
  });

  test('of others are refused; an end by itself is told, then and after a reconnect', async () => {
    const { alice, connection } = await stage.live();
    const ends = record(alice, 'unsubscribed');
    const refused = alice.subscribe('secret');
    connection.refuse(await connection.next('subscribe'), 'WS_FORBIDDEN', 'Not a member of the conversation');
    await expect(refused).rejects.toMatchObject({ name: 'CommandError', code: 'WS_FORBIDDEN' });
    for (const name of ['room', 'hall']) {
      const subscribed = alice.subscribe(name);
      connection.subscribed(await connection.next('subscribe'));
      await subscribed;
    }
    connection.say({ type: 'unsubscribed', conversation: 'room' });
    await eventually(() => expect(ends).toMatchObject([{ conversation: 'room' }]));
    connection.cut();
    const again = await stage.back();
    const command = await again.next('subscribe');
    expect(command).toMatchObject({ conversation: 'hall' });
    again.refuse(command, 'WS_FORBIDDEN', 'Not a member of the conversation');
    await eventually(() => expect(ends).toMatchObject([{ conversation: 'room' }, { conversation: 'hall' }]));
  });

  test('are posted to as messages are sent: repeated with the same id', async () => {
    const { alice, connection } = await stage.live();
    const posted = alice.post('room', 'hello');
    const first = await connection.next('message');
    expect(first).toMatchObject({ conversation: 'room', content: 'hello' });
    connection.cut();
    const again = await stage.back();
    const second = await again.next('message');
    expect(second['id']).toBe(first['id']);
    again.accepted(second, 5);
    expect(await posted).toMatchObject({ messageId: 5 });
  });
});
