import { expect, test } from '@jest/globals';
import { VirtualClock } from '#testing';
import { OutageLog } from './outage-log.js';

test('an outage is logged with its cause once a second, with how many commands it met', () => {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const log = new OutageLog(clock, { warn: (line: unknown) => lines.push(line) });
  const error = new Error('Failed to register', { cause: new Error('nobody plays presence') });
  const subject = { connectionId: 'c', userId: 'alice' };
  for (let i = 0; i < 5; i++) log.report(subject, error);
  clock.advance(1_000);
  log.report(subject, error);
  const line = { ...subject, reason: 'nobody plays presence' };
  expect(lines).toEqual([
    { ...line, others: 0 },
    { ...line, others: 4 },
  ]);
});
