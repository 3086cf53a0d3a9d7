import { describe, expect, test } from '@jest/globals';
import type { LiveLease } from '../lease-store.js';
import type { Changes } from './view.js';
import { View } from './view.js';

const TTL = 5_000;
const lease = (id: string, remainingMs = TTL, incarnation = 'i1'): LiveLease => ({
  id,
  role: 'router',
  incarnation,
  remainingMs,
});
const told = ({ joined, left }: Changes): string[] => [
  ...left.map(([peer, reason]) => `${peer.id}/${peer.incarnation} ${reason}`),
  ...joined.map((peer) => `${peer.id}/${peer.incarnation} joined`),
];
const placed = (view: View): string[] => view.members('router').map(({ id }) => id);

describe('the view of the members', () => {
  test('follows the answers of the store', () => {
    const view = new View(TTL);
    expect(told(view.answered([lease('a'), lease('b')], 0, 1))).toEqual(['a/i1 joined', 'b/i1 joined']);
    expect(told(view.answered([lease('b'), lease('c')], 10, 11))).toEqual(['a/i1 expired', 'c/i1 joined']);
    expect(placed(view)).toEqual(['b', 'c']);
  });

  test('sees a restarted instance as one that left and one that joined', () => {
    const view = new View(TTL);
    view.answered([lease('a')], 0, 1);
    expect(told(view.answered([lease('a', TTL, 'i2')], 10, 11))).toEqual(['a/i1 expired', 'a/i2 joined']);
    expect(view.at('router', 'a')?.incarnation).toBe('i2');
  });

  test('lets a lease run out between answers', () => {
    const view = new View(TTL);
    view.answered([lease('a', 300), lease('b')], 0, 0);
    expect(view.nextExpiry()).toBe(300);
    expect(told(view.expired(299))).toEqual([]);
    expect(told(view.expired(300))).toEqual(['a/i1 expired']);
    expect(placed(view)).toEqual(['b']);
  });

  test('keeps one that announced itself after the answer was asked for', () => {
    const view = new View(TTL);
    expect(told(view.announced('router', 'a', 'i1', 50))).toEqual(['a/i1 joined']);
    expect(told(view.answered([], 40, 60))).toEqual([]);
    expect(placed(view)).toEqual(['a']);
    expect(told(view.answered([], 70, 80))).toEqual(['a/i1 expired']);
  });

  test('does not bring back one that said goodbye, when an older answer comes late', () => {
    const view = new View(TTL);
    view.answered([lease('a')], 0, 1);
    expect(told(view.saidGoodbye('router', 'a', 'i1', 50))).toEqual(['a/i1 left']);
    expect(told(view.answered([lease('a')], 40, 60))).toEqual([]);
    expect(told(view.announced('router', 'a', 'i1', 61))).toEqual([]);
    expect(told(view.answered([lease('a', TTL, 'i2')], 70, 80))).toEqual(['a/i2 joined']);
    expect(told(view.saidGoodbye('router', 'a', 'i1', 90))).toEqual([]);
  });

  test('spares those missing from the first answers after a gap of the store', () => {
    const view = new View(TTL);
    view.answered([lease('a'), lease('b')], 0, 1);
    view.spare(12_000);
    expect(told(view.answered([lease('b')], 10_000, 10_001, true))).toEqual([]);
    expect(told(view.expired(11_999))).toEqual([]);
    expect(told(view.answered([lease('b')], 12_000, 12_001))).toEqual(['a/i1 expired']);
  });

  describe('of a suspect', () => {
    const suspecting = (): View => {
      const view = new View(TTL);
      view.answered([lease('a', 4_900), lease('b')], 0, 1);
      const peer = view.at('router', 'a');
      expect(peer && view.suspect(peer, 1_000)).toBe(true);
      expect(peer && view.suspect(peer, 1_001)).toBe(false);
      expect(placed(view)).toEqual(['b']);
      return view;
    };

    test('excludes it until two answers asked for afterwards prove a beat', () => {
      const view = suspecting();
      expect(view.answered([lease('a', 4_500), lease('b')], 1_500, 1_501).moved).toBe(false);
      expect(placed(view)).toEqual(['b']);
      expect(view.answered([lease('a', 4_500), lease('b')], 2_500, 2_501).moved).toBe(true);
      expect(placed(view)).toEqual(['a', 'b']);
    });

    test('is not misled by the last beat before the death, nor by slow answers', () => {
      const view = suspecting();
      // Asked before the suspicion, answered after it: the beat in it may be the last.
      view.answered([lease('a', 4_950), lease('b')], 999, 1_200);
      // Beat at 990, dead at 995: the lease ends at 5,990 whoever asks whenever, however long the answer takes.
      for (const [askedAt, store, answeredAt] of [
        [1_500, 1_900, 1_950],
        [2_500, 2_501, 2_502],
        [3_500, 3_500, 4_400],
      ] as const) {
        view.answered([lease('a', 5_990 - store), lease('b')], askedAt, answeredAt);
        expect(placed(view)).toEqual(['b']);
      }
      expect(told(view.answered([lease('b')], 6_000, 6_001))).toEqual(['a/i1 expired']);
    });

    test('falls back on suspects when nobody else is live', () => {
      const view = suspecting();
      expect(told(view.answered([lease('a')], 2_000, 2_001))).toEqual(['b/i1 expired']);
      expect(placed(view)).toEqual(['a']);
    });
  });
});
