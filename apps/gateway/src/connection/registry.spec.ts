import { describe, expect, test } from '@jest/globals';
import { Registry } from './registry.js';

interface Fake {
  readonly connectionId: string;
  userId: string | undefined;
}

describe('the registry', () => {
  const session = (connectionId: string, userId?: string): Fake => ({ connectionId, userId });

  test('finds sessions by connection and, once claimed, by user', () => {
    const registry = new Registry<Fake>();
    const one = session('c1', 'alice');
    registry.add(one);
    expect(registry.connection('c1')).toBe(one);
    expect(registry.of('alice')).toEqual([]);
    registry.claim(one);
    expect(registry.of('alice')).toEqual([one]);
    expect([registry.connections, registry.users]).toEqual([1, 1]);
  });

  test('keeps several sessions of a user apart, oldest first', () => {
    const registry = new Registry<Fake>();
    const all = ['c1', 'c2', 'c3'].map((id) => session(id, 'alice'));
    for (const each of all) {
      registry.add(each);
      registry.claim(each);
      registry.claim(each);
    }
    expect(registry.of('alice')).toEqual(all);
    registry.remove(all[1]!);
    expect(registry.of('alice')).toEqual([all[0], all[2]]);
    registry.release(all[0]!);
    expect(registry.of('alice')).toEqual([all[2]]);
    expect(registry.connection('c1')).toBe(all[0]);
    registry.remove(all[2]!);
    registry.remove(all[0]!);
    expect([registry.connections, registry.users]).toEqual([0, 0]);
  });

  test('removing what is not there takes nothing else away', () => {
    const registry = new Registry<Fake>();
    const one = session('c1', 'alice');
    registry.add(one);
    registry.claim(one);
    registry.remove(session('c2', 'alice'));
    registry.release(session('c3'));
    expect(registry.of('alice')).toEqual([one]);
  });
});
