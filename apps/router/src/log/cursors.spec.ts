import { describe, expect, test } from '@jest/globals';
import type { AckNotice } from '#contract';
import { Cursors } from './cursors.js';

const ack = (messageId: number, device?: string, epoch = 'e'): AckNotice => ({
  userId: 'bob',
  messageId,
  epoch,
  status: 'delivered',
  ...(device === undefined ? {} : { device }),
});
const drain = (cursors: Cursors): AckNotice[] => {
  const taken: AckNotice[] = [];
  for (let next = cursors.take(); next; next = cursors.take()) taken.push(next);
  return taken;
};

describe('cursors that wait', () => {
  test('collapse to the highest of each device, whatever the order', () => {
    const cursors = new Cursors();
    [ack(3, 'phone'), ack(9, 'phone'), ack(5, 'phone'), ack(4, 'desk'), ack(2)].forEach((notice) =>
      cursors.note(notice),
    );
    expect(drain(cursors)).toEqual([ack(9, 'phone'), ack(4, 'desk'), ack(2)]);
    expect(cursors.size).toBe(0);
  });

  test('of different lives of the log do not hide each other', () => {
    const cursors = new Cursors();
    cursors.note(ack(900, 'phone', 'old'));
    cursors.note(ack(2, 'phone', 'new'));
    expect(drain(cursors).map((notice) => [notice.epoch, notice.messageId])).toEqual([
      ['old', 900],
      ['new', 2],
    ]);
  });

  test('put back after a failure give way to a higher one noted meanwhile', () => {
    const cursors = new Cursors();
    cursors.note(ack(5, 'phone'));
    const failed = cursors.take();
    cursors.note(ack(8, 'phone'));
    if (failed) cursors.note(failed);
    expect(drain(cursors)).toEqual([ack(8, 'phone')]);
  });
});
