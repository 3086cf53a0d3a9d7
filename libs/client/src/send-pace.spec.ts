import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually } from '#testing';
import { Stage } from '../spec/stage.js';
import { BATCH_EVERY_MS, BATCH_MAX, IN_FLIGHT_MAX, SendPace } from './send-pace.js';

/** So many refusals within ten seconds close a connection with 4504. */
const REFUSALS_MAX = 1_000;

describe('the pace of sending', () => {
  test('is free until the server objects; what was refused together counts once', () => {
    const pace = new SendPace();
    expect([pace.room(0), pace.room(IN_FLIGHT_MAX - 1), pace.room(IN_FLIGHT_MAX)]).toEqual([IN_FLIGHT_MAX, 1, 0]);
    expect(pace.sent(300, 0)).toBe(0);
    for (let n = 0; n < 200; n++) pace.tooFast();
    expect(pace.room(0)).toBe(BATCH_MAX);
  });

  test('halves as long as batches are too large, down to one, and is free again once nothing waits', () => {
    const pace = new SendPace();
    const rooms = Array.from({ length: 6 }, () => {
      pace.tooFast();
      expect(pace.sent(1, 5)).toBe(BATCH_EVERY_MS);
      return pace.room(0);
    });
    expect(rooms).toEqual([20, 10, 5, 2, 1, 1]);
    expect(pace.sent(1, 0)).toBe(BATCH_EVERY_MS);
    expect(pace.sent(0, 0)).toBe(0);
    expect(pace.room(0)).toBe(IN_FLIGHT_MAX);
  });
});

describe('a client whose messages come too fast for the server', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
  });
  afterEach(() => stage.close());

  /** A server as ours is by default: 100 at once, 50 a second; 1,000 refusals would close the connection for good. */
  test('gets a thousand accepted, each once, with fewer refusals than the server puts up with', async () => {
    const clock = new VirtualClock();
    const alice = stage.client({ clock });
    const registered = alice.register('alice');
    const connection = await stage.peer.connection();
    const silent = { intervalMs: 3_600_000, timeoutMs: 7_200_000 };
    connection.registered(await connection.next('register'), { heartbeat: silent });
    await registered;
    const sends = Array.from({ length: 1_000 }, (_, n) => alice.send('bob', String(n), { timeoutMs: 600_000 }));
    const server = { tokens: 100, at: clock.now(), accepted: [] as string[], refused: 0 };
    const serve = async (): Promise<void> => {
      for (;;) {
        const command = await connection.next('message');
        const now = clock.now();
        server.tokens = Math.min(100, server.tokens + ((now - server.at) / 1_000) * 50);
        server.at = now;
        if (server.tokens < 1) {
          server.refused++;
          connection.refuse(command, 'WS_RATE_LIMITED', 'Too many requests', 20);
        } else {
          server.tokens--;
          server.accepted.push(String(command['content']));
          connection.accepted(command, server.accepted.length);
          if (server.accepted.length === sends.length) return;
        }
      }
    };
    const served = serve();
    const all = Promise.all(sends);
    await eventually(
      async () => {
        await clock.advanceGently(20, 1);
        expect(server.accepted).toHaveLength(1_000);
      },
      { timeoutMs: 60_000, everyMs: 1 },
    );
    await Promise.all([served, all]);
    expect(new Set(server.accepted).size).toBe(1_000);
    expect(server.refused).toBeLessThan(REFUSALS_MAX);
  }, 90_000);
});
