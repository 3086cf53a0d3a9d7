import { describe, expect, it } from '@jest/globals';
import { Actor, ActorSystem, type ReplyTo } from '#actor';

class Echo extends Actor<{ text: string; replyTo: ReplyTo<string> }> {
  receive({ text, replyTo }: { text: string; replyTo: ReplyTo<string> }): void {
    replyTo.tell(text);
  }
}

describe('an actor system', () => {
  it('answers an ask', async () => {
    const system = new ActorSystem();
    const echo = system.spawn({ create: () => new Echo() });
    expect(await echo.ask<string>((replyTo) => ({ text: 'hi', replyTo }), 1000)).toBe('hi');
    const kind = system.register({ kind: 'echo', create: () => new Echo() });
    expect(await kind.ask<string>('a', (replyTo) => ({ text: 'ho', replyTo }), 1000)).toBe('ho');
    await system.stop();
    expect(kind.size).toBe(0);
  });
});
