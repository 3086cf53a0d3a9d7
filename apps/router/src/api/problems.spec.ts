import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Stage } from '#testing';
import { ApiOnStage, KEY, type Answer } from './api-stage.suite.js';

/** Every answer that is no success looks like this, whatever went wrong. */
function expectProblem({ status, headers, body }: Answer, expected: number, code: string): void {
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect([status, body]).toEqual([
    expected,
    expect.objectContaining({
      type: expect.stringMatching(/^(about:blank|urn:problem:switchboard:[a-z-]+)$/),
      title: expect.stringMatching(/./),
      status: expected,
      detail: expect.stringMatching(/./),
      code,
    }),
  ]);
}

describe('the server API', () => {
  let stage: Stage;
  let api: ApiOnStage;

  beforeAll(async () => {
    stage = await Stage.start({ kind: 'embedded' });
    api = await ApiOnStage.start(stage);
  });
  afterAll(async () => {
    await api.stop();
    await stage.stop();
  });
  const post = (body: string, more: Record<string, string> = {}): Promise<Answer> =>
    api.raw('/api/messages', {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...more },
      body,
    });

  describe('lets nobody in', () => {
    test.each([
      ['without a key', undefined, 'WS_NOT_AUTHENTICATED'],
      ['with another scheme', `Basic ${KEY}`, 'WS_NOT_AUTHENTICATED'],
      ['with an empty key', 'Bearer ', 'WS_NOT_AUTHENTICATED'],
      ['with another key', 'Bearer wrong', 'WS_AUTH_FAILED'],
      ['with the beginning of the key', `Bearer ${KEY.slice(0, -1)}`, 'WS_AUTH_FAILED'],
      ['with more than the key', `Bearer ${KEY}x`, 'WS_AUTH_FAILED'],
    ])('%s', async (_, authorization, code) => {
      for (const path of ['/api/presence', '/api/presence?limit=x', '/api', '/API/presence', '/api/no/such/path']) {
        const answer = await api.raw(path, authorization === undefined ? {} : { headers: { authorization } });
        expectProblem(answer, 401, code);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="switchboard"');
      }
    });

    test('and reads no body of theirs, however long or broken', async () => {
      for (const body of ['{', 'x'.repeat(100_000)])
        expectProblem(await post(body, { authorization: '' }), 401, 'WS_NOT_AUTHENTICATED');
    });

    test('where no API_KEY is set, whatever they bring', async () => {
      const other = await Stage.start({ kind: 'embedded' });
      const off = await ApiOnStage.start(other, { API_KEY: undefined });
      for (const path of ['/api/presence', '/api/messages', '/api/no/such/path']) {
        for (const authorization of ['', 'Bearer undefined', `Bearer ${KEY}`]) {
          const answer = await off.raw(path, { headers: { authorization } });
          expectProblem(answer, 503, 'WS_UNAVAILABLE');
          expect(answer.body['detail']).toBe('The server API is off: API_KEY is not set');
          expect(answer.headers.get('retry-after')).toBeNull();
        }
      }
      await off.stop();
      await other.stop();
    });
  });

  test('takes the key by any spelling of Bearer', async () => {
    const { status } = await api.raw('/api/presence', { headers: { authorization: `bearer  ${KEY}` } });
    expect(status).toBe(200);
  });

  describe('refuses, naming field and rule,', () => {
    const fine = { from: 'a', to: 'b', content: 'c' };
    test.each([
      ['no sender', { ...fine, from: undefined }, 'from must be 1 to 128 characters without control characters'],
      ['a long sender', { ...fine, from: 'x'.repeat(129) }, 'from must be 1 to 128'],
      ['a control character', { ...fine, to: 'a\u0000b' }, 'to must be 1 to 128'],
      ['no recipient', { ...fine, to: undefined }, 'exactly one of to and conversation is required'],
      ['two recipients', { ...fine, conversation: 'room' }, 'exactly one of to and conversation is required'],
      ['an empty recipient', { ...fine, to: '' }, 'to must be 1 to 128'],
      ['a bad conversation', { ...fine, to: undefined, conversation: 7 }, 'conversation must be 1 to 128'],
      ['no content', { ...fine, content: undefined }, 'content must be a string'],
      ['content that is no text', { ...fine, content: { a: 1 } }, 'content must be a string'],
      ['a long id', { ...fine, id: 'x'.repeat(65) }, 'id must be a string of 1 to 64 characters'],
      ['ephemeral that is no boolean', { ...fine, ephemeral: 'yes' }, 'ephemeral must be a boolean'],
      ['an array', [], 'The body must be a JSON object'],
    ])('a message with %s', async (_, message, detail) => {
      const answer = await post(JSON.stringify(message));
      expectProblem(answer, 400, 'WS_INVALID_PAYLOAD');
      expect(answer.body['detail']).toContain(detail);
    });

    test.each([
      ['GET', '/api/users/bob/messages?limit=0', 'limit must be an integer from 1 to 500'],
      ['GET', '/api/users/bob/messages?limit=501', 'limit must be'],
      ['GET', '/api/users/bob/messages?limit=ten', 'limit must be'],
      ['GET', '/api/users/bob/messages?limit=1&limit=2', 'limit must be'],
      ['GET', '/api/users/bob/messages?after=-1', 'after must be an integer from 0'],
      ['GET', '/api/users/bob/messages?after=1.5', 'after must be'],
      ['GET', '/api/users/bob/messages?after=9007199254740992', 'after must be'],
      ['GET', '/api/conversations/a%00b/messages', 'id must be 1 to 128'],
      ['GET', `/api/users/${'x'.repeat(129)}/presence`, 'id must be 1 to 128'],
      ['GET', '/api/presence?limit=501', 'limit must be'],
      ['PUT', `/api/conversations/room/members/${'x'.repeat(129)}`, 'userId must be 1 to 128'],
      ['DELETE', '/api/connections/%0a', 'id must be 1 to 128'],
    ])('%s %s', async (method, path, detail) => {
      const answer = await api.call(method, path);
      expectProblem(answer, 400, 'WS_INVALID_PAYLOAD');
      expect(answer.body['detail']).toContain(detail);
    });

    test.each([[{}], [{ userIds: 'bob' }], [{ userIds: [''] }], [{ userIds: [7] }]])('a query for %j', async (body) => {
      expectProblem(await api.call('POST', '/api/presence/query', body), 400, 'WS_INVALID_PAYLOAD');
    });
  });

  describe('answers with a problem', () => {
    test('what is no JSON, without repeating it', async () => {
      const answer = await post('{"content": secret');
      expectProblem(answer, 400, 'WS_INVALID_MESSAGE');
      expect(answer.body['detail']).toBe('The body is not valid JSON');
    });

    test('a body above the limit, or of another type, or none', async () => {
      expectProblem(await post(JSON.stringify({ content: 'x'.repeat(70_000) })), 413, 'WS_INVALID_MESSAGE');
      expectProblem(
        await post('from=a&to=b', { 'content-type': 'application/x-www-form-urlencoded' }),
        415,
        'WS_INVALID_MESSAGE',
      );
      expectProblem(await api.call('POST', '/api/messages'), 400, 'WS_INVALID_PAYLOAD');
    });

    test('a path or method that is not there, or that is not encoded well', async () => {
      expectProblem(await api.call('GET', '/api/no/such/path'), 404, 'WS_INVALID_MESSAGE');
      expectProblem(await api.call('GET', '/api'), 404, 'WS_INVALID_MESSAGE');
      expectProblem(await api.call('PATCH', '/api/messages', {}), 404, 'WS_INVALID_MESSAGE');
      expectProblem(await api.call('GET', '/api/users/%zz/presence'), 400, 'WS_INVALID_MESSAGE');
    });

    test('a fault of ours, saying nothing of it', async () => {
      stage.gate.fail('describe', new Error('a secret of the inside'));
      const answer = await api.call('GET', '/api/users/bob/presence');
      stage.gate.fail('describe');
      expectProblem(answer, 500, 'WS_INTERNAL_ERROR');
      expect(JSON.stringify(answer.body)).not.toContain('secret');
    });

    test('and leaves other paths to the app', async () => {
      const { status, headers } = await api.raw('/apis');
      expect([status, headers.get('content-type')]).toEqual([404, expect.stringContaining('application/json')]);
    });
  });

  describe('describes itself', () => {
    test('to people, without a key', async () => {
      const { status, body } = await api.raw('/docs');
      expect([status, body['text']]).toEqual([200, expect.stringContaining('Switchboard server API')]);
      expect((await api.raw('/docs/swagger-ui-bundle.js')).status).toBe(200);
    });

    test('to programs, all calls of it', async () => {
      const { body } = await api.raw('/docs/openapi.json');
      const calls = Object.entries(body['paths'] as Record<string, object>).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      );
      expect(calls.sort()).toEqual([
        'delete /api/connections/{id}',
        'delete /api/conversations/{id}/members/{userId}',
        'delete /api/users/{id}/connections',
        'get /api/conversations/{id}',
        'get /api/conversations/{id}/messages',
        'get /api/presence',
        'get /api/users/{id}/connections',
        'get /api/users/{id}/messages',
        'get /api/users/{id}/presence',
        'post /api/broadcast',
        'post /api/messages',
        'post /api/presence/query',
        'put /api/conversations/{id}/members/{userId}',
      ]);
    });

    test('in a form that redocly finds no fault with', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'switchboard-openapi-'));
      const file = join(directory, 'openapi.json');
      await writeFile(file, JSON.stringify((await api.raw('/docs/openapi.json')).body));
      const args = ['lint', file, '--extends', 'recommended-strict'];
      const env = { PATH: process.env['PATH'], REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [resolve('node_modules/@redocly/cli/bin/cli.js'), ...args],
        { cwd: directory, env, encoding: 'utf8', timeout: 25_000 },
      );
      await rm(directory, { recursive: true, force: true });
      expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    });
  });
});
