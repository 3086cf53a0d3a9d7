import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROUTER, type PostRequest, type SubscribeRequest } from '#contract';
import { eventually } from '#testing';
import { TokenStage } from '../testing/token-stage.suite.js';

describe('conversations that a token names', () => {
  let stage: TokenStage;

  beforeEach(async () => {
    stage = await TokenStage.start();
  });
  afterEach(async () => stage.stop());

  const asked = <T>(pattern: string): T[] =>
    stage.gateway.backend.asked.filter((each) => each.pattern === pattern).map(({ data }) => data as T);

  test('may be joined by subscribing, and no others', async () => {
    const client = await stage.registered({ conversations: ['team', 'room-*'] });
    for (const conversation of ['team', 'room-7', 'other']) {
      client.send({ type: 'subscribe', conversation });
      await client.next();
    }
    expect(asked<SubscribeRequest>(ROUTER.subscribe).map(({ mayJoin }) => mayJoin ?? false)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('may be joined by posting; whoever has them open is in already', async () => {
    const client = await stage.registered({ conversations: ['team'] });
    let ref = 0;
    const post = async (conversation: string): Promise<boolean> => {
      client.send({ type: 'message', conversation, content: 'x', ref: ++ref });
      await eventually(() => expect(client.frames.some((frame) => frame['ref'] === ref)).toBe(true));
      const posts = asked<PostRequest>(ROUTER.post);
      expect(posts).toHaveLength(ref);
      return posts.at(-1)!.mayJoin ?? false;
    };
    expect([await post('team'), await post('other')]).toEqual([true, false]);
    client.send({ type: 'subscribe', conversation: 'team', ref: 'open' });
    await eventually(() => expect(client.ofType('subscribed')).toHaveLength(1));
    expect(await post('team')).toBe(false);
  });

  test('are those of the newest token', async () => {
    const client = await stage.registered({ conversations: ['team'] });
    client.send({ type: 'auth', token: await stage.token({ conversations: ['more'] }) });
    await client.next();
    for (const conversation of ['team', 'more']) {
      client.send({ type: 'subscribe', conversation });
      await client.next();
    }
    expect(asked<SubscribeRequest>(ROUTER.subscribe).map(({ mayJoin }) => mayJoin ?? false)).toEqual([false, true]);
  });
});
