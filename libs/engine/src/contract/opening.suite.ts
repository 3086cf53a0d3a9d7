import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine, LogId, OpenOptions } from '../port.js';
import { connection, entry, inbox, type EngineHarness } from './harness.js';

/** Registering and opening the inbox in one: PROTOCOL.md §4.4. */
export function openingSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  const register = (log: LogId, opening: { readonly after?: number }, changes = {}) =>
    engine.presence.register(connection(log.id, 'c1', { opening, ...changes }), 3);
  const append = (log: LogId, count: number) =>
    engine.log.append(
      log,
      Array.from({ length: count }, () => entry('a')),
    );
  /** What `open` says, without its page. */
  const opened = async (log: LogId, options: Omit<OpenOptions, 'limit'> = {}) => {
    const { entries: _, ...position } = await engine.log.open(log, { ...options, limit: 5 });
    return position;
  };

  describe('register with an opening', () => {
    it('begins the inbox of a user whom nobody knows', async () => {
      const log = inbox('new');
      const { inbox: position } = await register(log, {});
      expect(position).toMatchObject({ lastMessageId: 0, firstMessageId: 1, cursor: 0 });
      expect(await opened(log)).toEqual(position);
      const { appended } = await engine.log.append(log, [entry('a')], { onlyKnown: true });
      expect(appended[0]).toMatchObject({ messageId: 1 });
      expect(appended[0]?.refused).toBeUndefined();
    });

    it('tells the position after the cursor given, the device’s own, or the owner’s', async () => {
      const log = inbox('old');
      const { epoch } = await append(log, 9);
      await engine.log.acknowledge(log, { messageId: 3, epoch, status: 'read' });
      await engine.log.acknowledge(log, { device: 'phone', messageId: 5, epoch, status: 'read' });
      const cursorOf = async (opening: { readonly after?: number }, changes = {}) =>
        (await register(log, opening, changes)).inbox;
      const held = { epoch, lastMessageId: 9, firstMessageId: 1 };
      expect(await cursorOf({ after: 7 }, { device: 'phone' })).toEqual({ ...held, cursor: 7 });
      expect(await cursorOf({}, { device: 'phone' })).toEqual({ ...held, cursor: 5 });
      expect(await cursorOf({}, { device: 'tablet' })).toEqual(await opened(log, { device: 'tablet' }));
      expect(await cursorOf({})).toEqual(await opened(log));
      expect(await cursorOf({ after: 99 })).toEqual({ ...held, cursor: 99 });
    });

    it('tells what retention has left', async () => {
      const brief = await harness.start({ logMaxLength: 4 });
      const log = inbox('trimmed');
      await brief.log.append(
        log,
        Array.from({ length: 9 }, () => entry('a')),
      );
      const { inbox: position } = await brief.presence.register(connection(log.id, 'c1', { opening: { after: 2 } }), 3);
      expect(position).toMatchObject({ lastMessageId: 9, firstMessageId: 6, cursor: 2 });
    });

    it('tells nothing to who does not ask, or comes too late, and leaves no trace of the latter', async () => {
      const log = inbox('late');
      expect((await engine.presence.register(connection(log.id, 'now', { device: 'phone' }), 3)).inbox).toBeUndefined();
      const late = await register(log, {}, { device: 'phone', lateMs: 60_000 });
      expect(late.outranked).toBe(true);
      expect(late.inbox).toBeUndefined();
      expect((await engine.log.status(log)).epoch).toBe('');
    });

    // Interleaving: a message is stored → it is told to the connections of that instant → a connection opens the inbox, before or after it. Either it is in
    // front of the position, or the connection is among those told.
    it('loses no message between the position and the connection', async () => {
      const [client = engine] = await harness.clients(engine, 1);
      for (let round = 0; round < 30; round++) {
        const log = inbox('racing');
        const sends = Array.from({ length: 4 }, () => client.log.append(log, [entry('a')]));
        const registered = register(log, {});
        const after = client.log.append(log, [entry('b')]);
        const position = (await registered).inbox;
        for (const { appended, connections } of await Promise.all([...sends, after])) {
          const before = (appended[0]?.messageId ?? 0) <= (position?.lastMessageId ?? 0);
          expect(before || connections.some(({ connectionId }) => connectionId === 'c1')).toBe(true);
        }
      }
    });
  });
}
