import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Peer } from './peer.js';
import { candidates, keepers, ownerOf } from './placement.js';

const peersOf = (ids: readonly string[]): readonly Peer[] => candidates(ids.map((id) => new Peer('router', id, 'x')));
const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 });
const keys = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 200 });

describe('placement by rendezvous hashing', () => {
  test('is the same wherever the peers are the same, in whatever order they were heard of', () => {
    fc.assert(
      fc.property(ids, keys, (members, names) => {
        const one = peersOf(members);
        const other = peersOf(members.toReversed());
        for (const name of names) expect(ownerOf(one, name)?.id).toBe(ownerOf(other, name)?.id);
      }),
    );
  });

  test('moves a key only to somebody who joined', () => {
    fc.assert(
      fc.property(ids, fc.string({ minLength: 1 }), keys, (members, joiner, names) => {
        fc.pre(!members.includes(joiner));
        const before = peersOf(members);
        const after = peersOf([...members, joiner]);
        for (const name of names) {
          const owner = ownerOf(after, name)?.id;
          expect([ownerOf(before, name)?.id, joiner]).toContain(owner);
        }
      }),
    );
  });

  test('moves a key only from somebody who left', () => {
    fc.assert(
      fc.property(ids, fc.nat(), keys, (members, pick, names) => {
        fc.pre(members.length > 1);
        const leaver = members[pick % members.length] as string;
        const before = peersOf(members);
        const after = peersOf(members.filter((id) => id !== leaver));
        for (const name of names) {
          const owner = ownerOf(before, name)?.id;
          if (owner !== leaver) expect(ownerOf(after, name)?.id).toBe(owner);
        }
      }),
    );
  });

  test('moves a key only from somebody who is about to leave, and to where it will be once he has left', () => {
    fc.assert(
      fc.property(ids, fc.nat(), keys, (members, pick, names) => {
        fc.pre(members.length > 1);
        const leaver = members[pick % members.length] as string;
        const peers = members.map((id) => new Peer('router', id, 'x'));
        const before = keepers(candidates(peers));
        for (const peer of peers) peer.leaving = peer.id === leaver;
        const leaving = keepers(candidates(peers));
        const left = keepers(candidates(peers.filter(({ id }) => id !== leaver)));
        for (const name of names) {
          const owner = ownerOf(before, name)?.id;
          expect(ownerOf(leaving, name)?.id).toBe(ownerOf(left, name)?.id);
          if (owner !== leaver) expect(ownerOf(leaving, name)?.id).toBe(owner);
        }
      }),
    );
  });

  test('spreads keys evenly, whether names are numbered or random', () => {
    const peers = peersOf(Array.from({ length: 5 }, (_, i) => `router-0${i}`));
    for (const nameOf of [(i: number) => `user-${i}`, (i: number) => String(i), (i: number) => `${Math.sin(i)}`]) {
      const counts = new Map<string, number>();
      for (let i = 0; i < 20_000; i++) {
        const id = ownerOf(peers, nameOf(i))?.id ?? 'nobody';
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      expect(counts.size).toBe(5);
      for (const count of counts.values()) expect(Math.abs(count - 4_000)).toBeLessThan(250);
    }
  });

  test('passes suspects by, unless there is nobody else', () => {
    const peers = ['a', 'b', 'c'].map((id) => new Peer('router', id, 'x'));
    peers[0]?.suspectAt(1);
    expect(candidates(peers).map(({ id }) => id)).toEqual(['b', 'c']);
    peers[1]?.suspectAt(1);
    peers[2]?.suspectAt(1);
    expect(candidates(peers).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(ownerOf([], 'k')).toBeUndefined();
  });
});
