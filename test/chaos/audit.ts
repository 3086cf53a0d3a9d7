import { WireClient, eventually, type HistoryRecorder } from '#testing';
import type { Population } from './population.js';
import type { World } from './world.js';

/** The device that the auditing readers say they are. */
export const AUDITOR = 'auditor';

/**
 * Fresh readers of every log from its beginning, one after the other: what was accepted has to be there, once, at its place. They stay
 * open, so that the checker knows them to have had every chance.
 */
export async function audit(world: World, population: Population, recorder: HistoryRecorder): Promise<void> {
  const newest = recorder.newest();
  const url = world.cluster.gatewayUrl(world.topology.gateways[0] ?? '');
  const { users, conversations } = population;
  const auditor = users[0] ?? '';
  for (const conversation of conversations) await eventually(() => world.join(conversation, auditor));
  let patienceMs = 15_000;
  for (const userId of users) {
    const client = recorder.record(await WireClient.connect(url));
    const fields = { device: AUDITOR, lastMessageId: 0, ack: 'manual' } as const;
    await client.register(userId, fields);
    if (userId === auditor) for (const name of conversations) await client.subscribe(name, { lastMessageId: 0 });
    const behind = (): void => {
      for (const { log, messages } of client.logs) {
        const last = messages.findLast(({ messageId }) => messageId > 0)?.messageId ?? 0;
        if (last < (newest.get(log) ?? 0)) throw new Error(`${log} ends at ${last}, ${newest.get(log)} was accepted`);
      }
    };
    // What is not there by then is the checker's to say; after one failure the others are not waited for as long.
    await eventually(behind, { timeoutMs: patienceMs, everyMs: 20 }).catch(() => (patienceMs = 500));
  }
}
