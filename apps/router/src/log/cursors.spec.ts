import { describe, expect, test } from '@jest/globals';
import type { AckNotice } from '#contract';
import { Cursors, readerOf, type AckRequest } from './cursors.js';

const ack = (messageId: number, device?: string, more: Partial<AckNotice> = {}): AckNotice => ({
  userId: 'bob',
  messageId,
  epoch: 'e',
  status: 'delivered',
  ...(device === undefined ? {} : { device }),
  ...more,
});
const drain = (cursors: Cursors): AckNotice[] => cursors.take(Infinity).map(({ notice }) => notice);

describe('cursors that wait', () => {
  test('collapse to the highest of each device, whatever the order', () => {
    const cursors = new Cursors();
    for (const notice of [ack(3, 'phone'), ack(9, 'phone'), ack(5, 'phone'), ack(4, 'desk'), ack(2)])
      cursors.note(notice);
    expect(drain(cursors)).toEqual([ack(9, 'phone'), ack(4, 'desk'), ack(2)]);
    expect(cursors.size).toBe(0);
  });

  test('of different lives of the log, or of another status, do not hide each other', () => {
    const cursors = new Cursors();
    const all = [ack(900, 'phone', { epoch: 'old' }), ack(7, 'phone'), ack(2, 'phone', { status: 'read' })];
    for (const notice of all) cursors.note(notice);
    expect(drain(cursors)).toEqual(all);
  });

  test('of a conversation are those of its members', () => {
    const cursors = new Cursors();
    const of = (userId: string, messageId: number): AckNotice =>
      ack(messageId, 'phone', { userId, conversation: 'team' });
    for (const notice of [of('ann', 1), of('ben', 2), of('ann', 3)]) cursors.note(notice);
    expect(drain(cursors).map((notice) => [readerOf(notice), notice.messageId])).toEqual([
      ['ann', 3],
      ['ben', 2],
    ]);
  });

  test('put back after a failure give way to a higher one noted meanwhile', () => {
    const cursors = new Cursors();
    cursors.note(ack(5, 'phone'));
    const [failed] = cursors.take(1);
    cursors.note(ack(8, 'phone'));
    if (failed) cursors.note(failed.notice);
    expect(drain(cursors)).toEqual([ack(8, 'phone')]);
  });

  test('are taken so many at a time', () => {
    const cursors = new Cursors();
    for (const device of ['a', 'b', 'c']) cursors.note(ack(1, device));
    expect(cursors.take(2)).toHaveLength(2);
    expect(cursors.size).toBe(1);
  });

  test('keep all who wait for an answer, with the highest', () => {
    const cursors = new Cursors();
    const [first, second] = [{}, {}] as [AckRequest, AckRequest];
    cursors.note(ack(5), [first]);
    cursors.note(ack(3), [second]);
    expect(cursors.take(1)).toEqual([{ notice: ack(5), requests: [first, second] }]);
  });
});
