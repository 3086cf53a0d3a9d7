import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Stage, eventually } from '#testing';
import { ApiOnStage } from './api-stage.suite.js';

const CALLS = 40;

let stage: Stage;
let api: ApiOnStage;
beforeAll(async () => {
  stage = await Stage.start({ kind: 'embedded' });
  api = await ApiOnStage.start(stage, { API_RATE_LIMIT: 1 });
});
afterAll(async () => {
  await api.stop();
  await stage.stop();
});

test('calls above API_RATE_LIMIT are answered 429 with Retry-After, guesses at the key too, which take nothing from who has it; it passes', async () => {
  const guesses = await Promise.all(Array.from({ length: CALLS }, () => api.raw('/api/presence')));
  expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401, 429]));
  const answers = await Promise.all(Array.from({ length: CALLS }, () => api.call('GET', '/api/presence')));
  const taken = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect(taken.length).toBeGreaterThanOrEqual(2);
  expect(refused.length).toBeGreaterThan(0);
  expect(taken.length + refused.length).toBe(CALLS);
  for (const { headers, body } of refused) {
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('retry-after')).toBe('1');
    expect(body).toEqual({
      type: 'urn:problem:switchboard:rate-limited',
      title: 'Rate limited',
      status: 429,
      detail: 'Too many requests',
      code: 'WS_RATE_LIMITED',
      retryAfterMs: expect.any(Number),
    });
  }
  await eventually(async () => expect((await api.call('GET', '/api/presence')).status).toBe(200), { everyMs: 200 });
});
