import { CLOSE } from '#protocol';
import type { ErrorEvent, RegisterCommand, RegisteredEvent } from '#protocol';
import { backoff } from './backoff.js';
import type { Connection, Effect, Step, Surroundings } from './connection.js';
import { lost, takeUp } from './cursor.js';
import { hangUp, notify } from './ending.js';
import { isTemporary } from './errors.js';
import { REGISTER_REF } from './refs.js';

export const connect = (state: Connection, { timing }: Surroundings): Step => [
  { ...state, phase: 'connecting' },
  [{ do: 'open' }, { do: 'wait', ms: timing.connectTimeoutMs }],
];

export const ask = (state: Connection, { timing }: Surroundings): Step => [
  { ...state, asked: true },
  [
    { do: 'transmit', command: registration(state) },
    { do: 'wait', ms: timing.registerTimeoutMs },
  ],
];

/** The token is put in on the way out. */
function registration({ identity, cursor }: Connection): RegisterCommand {
  if (!identity) throw new Error('a connection without identity has nobody to register');
  const { userId, device, ack } = identity;
  const { lastMessageId, epoch } = cursor;
  // An epoch alone is no cursor: the server's own is then the one to go by.
  const at = lastMessageId === undefined ? {} : { lastMessageId, epoch };
  return { type: 'register', ref: REGISTER_REF, userId, device, ...at, ack };
}

export function registered(state: Connection, event: RegisteredEvent, { now }: Surroundings): Step {
  const heartbeatMs = event.heartbeat.intervalMs;
  const cursor = takeUp(state.cursor, event);
  const effects: Effect[] = [{ do: 'wait', ms: heartbeatMs }, { do: 'resend' }, notify({ type: 'registered', event })];
  if (lost(state.cursor, event)) effects.push(notify({ type: 'resync', event }));
  return [{ ...state, phase: 'live', known: true, cursor, liveSince: now, heartbeatMs, beat: 'resting' }, effects];
}

/** A registration that failed for now is asked for again on the same connection; any other answer is final. */
export function refused(state: Connection, event: ErrorEvent, world: Surroundings): Step {
  if (state.phase !== 'registering') return [state, []];
  if (!isTemporary(event.code)) {
    return hangUp({ ...state, ended: { code: CLOSE.normal, reason: event.error, error: event } }, world);
  }
  const ms = Math.max(event.retryAfterMs ?? 0, backoff(world.timing.backoff, state.failures, world.random));
  return [
    { ...state, asked: false, failures: state.failures + 1 },
    [notify({ type: 'error', event }), { do: 'wait', ms }],
  ];
}
