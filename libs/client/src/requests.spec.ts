import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually } from '#testing';
import { Stage, record } from '../spec/stage.js';

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

describe('what is asked', () => {
  test('is answered by its ref, whatever comes in between', async () => {
    const { alice, connection } = await stage.live();
    const [status, page, log] = [
      alice.status('bob'),
      alice.conversations({ limit: 2 }),
      alice.sync({ lastMessageId: 3 }),
    ];
    const asked = [
      await connection.next('status'),
      await connection.next('conversations'),
      await connection.next('sync'),
    ];
    expect(asked).toMatchObject([{ to: 'bob' }, { limit: 2 }, { lastMessageId: 3 }]);
    connection.answer(asked[2]!, { type: 'synced', messages: [], hasMore: false, epoch: 'e1' });
    connection.message(1);
    connection.answer(asked[1]!, { type: 'conversations', conversations: [{ conversation: 'room' }] });
    connection.answer(asked[0]!, { type: 'status', to: 'bob', delivered: 7, read: 3 });
    expect(await status).toMatchObject({ delivered: 7, read: 3 });
    expect(await page).toEqual([{ conversation: 'room' }]);
    expect(await log).toMatchObject({ hasMore: false, epoch: 'e1' });
  });

  test('is asked again on the next connection, and after an error that may pass', async () => {
    const { alice, connection } = await stage.live();
    const acked = alice.ack({ messageId: 5 }, 'read');
    expect(await connection.next('ack')).toMatchObject({ messageId: 5, status: 'read' });
    connection.cut();
    const again = await stage.back();
    again.refuse(await again.next('ack'), 'WS_UNAVAILABLE', 'Temporarily unavailable', 1);
    again.answer(await again.next('ack'), { type: 'acked' });
    await acked;
  });

  test('fails for good where it must, and when the connection ends', async () => {
    const { alice, connection } = await stage.live();
    const bad = alice.watch(['']);
    connection.refuse(await connection.next('watch'), 'WS_INVALID_PAYLOAD', 'userIds must be …');
    await expect(bad).rejects.toMatchObject({ code: 'WS_INVALID_PAYLOAD' });
    const late = alice.status('bob');
    await connection.next('status');
    connection.close(4501, 'replaced');
    await expect(late).rejects.toMatchObject({ code: 'closed', message: 'replaced' });
  });

  test('fails when no answer comes in time, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const { alice, connection } = await stage.live({ clock });
    const before = clock.pending;
    const asked = alice.status('bob').catch((error: Error) => error);
    await connection.next('status');
    clock.advance(29_999);
    connection.answer({ ref: 'pong' }, { type: 'pong' });
    clock.advance(1);
    expect(await asked).toMatchObject({ code: 'timeout' });
    expect(clock.pending).toBe(before);
  });
});

describe('others', () => {
  test('are watched on every connection, and changes told once', async () => {
    const { alice, connection } = await stage.live();
    const changes = record(alice, 'presence');
    const watched = alice.watch(['bob', 'carol']);
    const offline = { userId: 'carol', status: 'offline', lastSeen: 5 };
    connection.answer(await connection.next('watch'), {
      type: 'watching',
      statuses: [{ userId: 'bob', status: 'online' }, offline],
    });
    expect(await watched).toHaveLength(2);
    connection.say({ type: 'presence', userId: 'bob', status: 'away' });
    connection.say({ type: 'presence', userId: 'dave', status: 'away' });
    await eventually(() => expect(changes).toEqual([{ userId: 'bob', status: 'away' }]));
    connection.cut();
    const again = await stage.back();
    const command = await again.next('watch');
    expect(command).toMatchObject({ userIds: ['bob', 'carol'] });
    again.answer(command, { type: 'watching', statuses: [{ userId: 'bob', status: 'online' }, offline] });
    await eventually(() => expect(changes.slice(1)).toEqual([{ userId: 'bob', status: 'online' }]));
  });

  test('see what they are to see, on later connections too', async () => {
    const { alice, connection } = await stage.live();
    const shown = alice.setPresence('away');
    connection.answer(await connection.next('presence'), { type: 'ok' });
    await shown;
    connection.cut();
    expect(await (await stage.back()).next('presence')).toMatchObject({ status: 'away' });
  });

  test('are signalled in passing, only while there is a connection', async () => {
    const { alice, connection } = await stage.live();
    expect(alice.signal({ to: 'bob' }, '', 'typing')).toBe(true);
    expect(await connection.next('message')).toEqual({
      type: 'message',
      to: 'bob',
      content: '',
      kind: 'typing',
      ephemeral: true,
    });
    connection.cut();
    await eventually(() => expect(alice.phase).not.toBe('live'));
    expect(alice.signal({ conversation: 'room' }, '')).toBe(false);
  });

  test('say how far they have come', async () => {
    const { alice, connection } = await stage.live();
    const receipts = record(alice, 'receipt');
    connection.say({ type: 'receipt', to: 'bob', messageId: 4, status: 'read', timestamp: 5 });
    await eventually(() => expect(receipts).toMatchObject([{ to: 'bob', messageId: 4, status: 'read' }]));
  });
});
