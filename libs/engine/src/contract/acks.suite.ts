import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Acknowledged, Acknowledgement, Engine, LogId } from '../port.js';
import { conversation, entry, inbox, type EngineHarness } from './harness.js';

/** What one turn brings to one log. */
interface Turn {
  readonly log: LogId;
  readonly acks: readonly Acknowledgement[];
}

/** Acknowledgements of one turn of the event loop, which an engine may save in one go: with the same results as one after the other. */
export function acksSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  const filled = async (log: LogId, count: number): Promise<string> => {
    const batch = Array.from({ length: count }, (_, i) => entry(String(i + 1)));
    return (await engine.log.append(log, batch)).epoch;
  };
  /** A conversation with ten messages that all but every seventh reader is a member of. */
  const joined = async (name: string, readers: readonly string[]): Promise<[LogId, string]> => {
    const log = conversation(name);
    const epoch = await filled(log, 10);
    const members = readers.filter((_, i) => i % 7 !== 6);
    await Promise.all(members.map((reader) => engine.conversations.join(log.id, reader)));
    return [log, epoch];
  };
  const inOneTurn = (turns: readonly Turn[]): Promise<Acknowledged[]> =>
    Promise.all(turns.flatMap(({ log, acks }) => acks.map((ack) => engine.log.acknowledge(log, ack))));
  const oneByOne = async (turns: readonly Turn[]): Promise<Acknowledged[]> => {
    const all: Acknowledged[] = [];
    for (const { log, acks } of turns) for (const ack of acks) all.push(await engine.log.acknowledge(log, ack));
    return all;
  };
  /** Forward and back, past the end, of another epoch, delivered and read. */
  const mixed = (devices: readonly (string | undefined)[], epoch: string, count: number): Acknowledgement[] =>
    Array.from({ length: count }, (_, i) => ({
      device: devices[i % devices.length],
      messageId: i % 11 === 10 ? 2 ** 50 : ((i * 7) % 10) + 1,
      epoch: i % 13 === 12 ? 'of yore' : epoch,
      status: i % 3 === 0 ? 'read' : 'delivered',
    }));

  describe('acknowledgements of one turn', () => {
    it('by many readers of a conversation are as those of one after the other', async () => {
      const readers = Array.from({ length: 40 }, (_, i) => `reader ${i}`);
      const [[together, first], [apart, second]] = [await joined('together', readers), await joined('apart', readers)];
      const results = await inOneTurn([{ log: together, acks: mixed(readers, first, 90) }]);
      expect(results).toEqual(await oneByOne([{ log: apart, acks: mixed(readers, second, 90) }]));
      for (const reader of readers) {
        const { epoch: _, ...place } = await engine.log.status(together, reader);
        expect(await engine.log.status(apart, reader)).toMatchObject(place);
      }
      expect(await engine.log.status(together, 'reader 6')).toMatchObject({ delivered: 0, read: 0 });
    });

    it('in many logs are as those of one after the other, be the log there or not', async () => {
      const logs = async (name: string): Promise<Turn[]> => {
        const turns: Turn[] = [];
        for (let i = 0; i < 12; i++) {
          const log = inbox(`${name}${i}`);
          const acks = mixed(['phone', 'desk', undefined], await filled(log, 10), 1 + 3 * (i % 4));
          turns.push({ log, acks });
        }
        const [team, epoch] = await joined(name, ['alice', 'bob']);
        const nowhere = { messageId: 1, device: 'alice', epoch, status: 'read' } as const;
        const absent = [inbox('nobody'), conversation('nowhere')].map((log) => ({ log, acks: [nowhere, nowhere] }));
        return [...turns, ...absent, { log: team, acks: mixed(['alice', 'bob', 'carol', undefined], epoch, 8) }];
      };
      const [together, apart] = [await logs('together'), await logs('apart')];
      expect(await inOneTurn(together)).toEqual(await oneByOne(apart));
      for (const [i, { log }] of together.entries()) {
        const { epoch: _, ...place } = await engine.log.status(log, 'alice');
        expect(await engine.log.status((apart[i] as Turn).log, 'alice')).toMatchObject(place);
        if (log.kind !== 'inbox') continue;
        for (const device of ['phone', 'desk', 'other']) {
          const { cursor } = await engine.log.open(log, { device, limit: 1, create: false });
          const other = await engine.log.open((apart[i] as Turn).log, { device, limit: 1, create: false });
          expect(other.cursor).toBe(cursor);
        }
      }
    });

    it('may be more than an engine saves in one go', async () => {
      const readers = Array.from({ length: 700 }, (_, i) => `reader ${i}`);
      const [log, epoch] = await joined('crowd', readers);
      const acks = readers.map(
        (device, i) => ({ device, messageId: (i % 9) + 1, epoch, status: 'delivered' }) as const,
      );
      const reached = (i: number) => (i % 7 === 6 ? 0 : (i % 9) + 1);
      const moved = await inOneTurn([{ log, acks }]);
      expect(moved.map(({ delivered }) => delivered)).toEqual(readers.map((_, i) => reached(i)));
      expect(await engine.log.status(log, 'reader 699')).toMatchObject({ delivered: reached(699) });
    });
  });
}
