import { describe, expect, test } from '@jest/globals';
import { turn } from '../testing/kernel.js';
import { Corker, type Corked } from './corker.js';

describe('a corker', () => {
  const flushed: string[] = [];
  const writer = (name: string, then?: () => void): Corked => ({
    flush: () => {
      flushed.push(name);
      then?.();
    },
  });
  /** Whose flush came in this turn. */
  const next = async (): Promise<string[]> => {
    await turn();
    return flushed.splice(0);
  };

  test('flushes all at the end of the turn, once, those first that write to others', async () => {
    const corker = new Corker(Infinity);
    corker.add(writer('socket'));
    corker.addFirst(writer('lane'));
    corker.addFirst(writer('other lane'));
    expect(flushed).toEqual([]);
    expect(await next()).toEqual(['lane', 'other lane', 'socket']);
    expect(await next()).toEqual([]);
  });

  // One lane takes all the time there is → a lane behind it waits, a message for it comes, a socket has a reply.
  test('puts those off for which there is no time: sockets do not wait for them, and they keep their places', async () => {
    const corker = new Corker(0);
    const late = writer('late');
    for (const name of ['a', 'b', 'c'])
      corker.addFirst(writer(name, name === 'a' ? () => corker.addFirst(late) : undefined));
    corker.add(writer('socket'));
    expect(await next()).toEqual(['a', 'socket']);
    corker.add(writer('socket again'));
    expect(await next()).toEqual(['b', 'socket again']);
    expect(await next()).toEqual(['c']);
    expect(await next()).toEqual(['late']);
    expect(await next()).toEqual([]);
  });
});
