import { expect, test } from '@jest/globals';
import { serializeError } from './serialize-error.js';

test('an error is logged with what it says and without what it carries', () => {
  const cause = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['app', 'secret'] } });
  const error = Object.assign(new Error('no engine', { cause }), { code: 'ENGINE_AWAY', payload: 'secret' });
  const logged = serializeError(error);
  expect(logged).toMatchObject({ type: 'Error', message: 'no engine: WRONGPASS', code: 'ENGINE_AWAY' });
  expect(logged.stack).toContain('caused by: Error: WRONGPASS');
  expect(JSON.stringify(logged)).not.toContain('secret');
});
