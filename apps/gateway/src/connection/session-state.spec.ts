import { describe, expect, test } from '@jest/globals';
import { next, takes, type SessionEvent, type SessionState } from './session-state.js';

const follow = (...events: SessionEvent[]): SessionState => events.reduce<SessionState>(next, 'connected');

describe('the life of a session', () => {
  test('leads from connected over authenticating and replaying to live', () => {
    expect(follow('register')).toBe('authenticating');
    expect(follow('register', 'registered')).toBe('replaying');
    expect(follow('register', 'registered', 'caughtUp')).toBe('live');
  });

  test('a refused registration may be tried again', () => {
    expect(follow('register', 'refused')).toBe('connected');
    expect(follow('register', 'refused', 'register', 'registered')).toBe('replaying');
  });

  test('a live session that falls behind replays and becomes live again', () => {
    expect(follow('register', 'registered', 'caughtUp', 'fellBehind')).toBe('replaying');
    expect(follow('register', 'registered', 'caughtUp', 'fellBehind', 'caughtUp')).toBe('live');
  });

  test.each<SessionState>(['connected', 'authenticating', 'replaying', 'live', 'closed'])(
    'a %s session can be closed, and closed is the end',
    (state) => {
      expect(next(state, 'close')).toBe('closed');
      expect(() => next('closed', 'register')).toThrow('a session that is closed takes close; not register');
    },
  );

  test('misuse names what would be legal', () => {
    expect(() => next('connected', 'registered')).toThrow(
      'a session that is connected takes register, close; not registered',
    );
  });
});

describe('which commands a state takes', () => {
  test.each<[SessionState, boolean, boolean]>([
    ['connected', true, false],
    ['authenticating', true, false],
    ['replaying', true, true],
    ['live', true, true],
    ['closed', false, false],
  ])('%s: anonymous ones %s, others %s', (state, anonymous, other) => {
    expect(takes(state, { anonymous: true })).toBe(anonymous);
    expect(takes(state, { anonymous: false })).toBe(other);
  });
});
