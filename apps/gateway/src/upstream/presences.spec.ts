import { expect, test } from '@jest/globals';
import type { RegisterRequest } from '#contract';
import type { Mesh } from '#mesh';
import { Presences } from './presences.js';

test('a registration says how long it has waited whenever it is packed: it may be sent again', () => {
  const asked: RegisterRequest[] = [];
  const mesh = {
    self: { id: 'gateway-01', incarnation: 'i', roles: ['gateway'] },
    ask: (_to: unknown, _pattern: string, data: RegisterRequest) => {
      asked.push(data);
      return new Promise(() => undefined);
    },
  } as unknown as Mesh;
  void new Presences(mesh).register({ userId: 'alice', connectionId: 'c' });
  const [request] = asked as [RegisterRequest];
  for (const until = performance.now() + 5; performance.now() < until;);
  const first = request.waitedMs ?? 0;
  expect(first).toBeGreaterThanOrEqual(5);
  for (const until = performance.now() + 5; performance.now() < until;);
  expect(request.waitedMs).toBeGreaterThanOrEqual(first + 4);
});
