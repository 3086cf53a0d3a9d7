import { CLOSE } from '#protocol';
import type { ErrorEvent, MessageEvent, ServerEvent } from '#protocol';
import type { Connection, Effect, Input, Step, Surroundings } from './connection.js';
import { arrival } from './cursor.js';
import { ABNORMAL, close, dropped, giveUp, notify } from './ending.js';
import { REGISTER_REF } from './refs.js';
import { ask, connect, refused, registered } from './registering.js';

const PING = { do: 'transmit', command: { type: 'ping' } } as const;

/** The whole life of a connection, as a function: no socket, no clock. */
export function transition(state: Connection, input: Input, world: Surroundings): Step {
  switch (input.type) {
    case 'register':
      return state.phase === 'idle'
        ? connect({ ...state, identity: input.identity, cursor: input.cursor }, world)
        : [state, []];
    case 'opened':
      return state.phase === 'connecting' ? ask({ ...state, phase: 'registering' }, world) : [state, []];
    case 'frame':
      return heard({ ...state, beat: state.beat === 'unanswered' ? 'heard' : state.beat }, input.event, world);
    case 'dropped':
      return dropped(state, input, world);
    case 'timer':
      return timer(state, world);
    case 'close':
      return close(state, world);
  }
}

function heard(state: Connection, event: ServerEvent, world: Surroundings): Step {
  switch (event.type) {
    case 'registered':
      return state.phase === 'registering' ? registered(state, event, world) : [state, []];
    case 'message':
      return received(state, event);
    case 'error':
      return event.ref === REGISTER_REF ? refused(state, event, world) : [state, [failure(event)]];
    case 'closing':
      return [{ ...state, reconnectAfterMs: event.reconnectAfterMs }, [notify(event)]];
    default:
      return [state, [{ do: 'pass', event }]];
  }
}

const failure = (event: ErrorEvent): Effect =>
  event.ref === undefined ? notify({ type: 'error', event }) : { do: 'pass', event };

/** Conversations have logs of their own, and ephemeral messages none: only the inbox has a cursor here. */
function received(state: Connection, message: MessageEvent): Step {
  const { messageId, conversation } = message;
  const deliver: Effect = { do: 'deliver', message };
  if (messageId === undefined || conversation !== undefined) return [state, [deliver]];
  const kind = arrival(state.cursor, messageId);
  if (kind === 'repeat') return [state, []];
  const next = { ...state, cursor: { ...state.cursor, lastMessageId: messageId } };
  if (kind === 'next') return [next, [deliver]];
  const reason = `message ${messageId} came after ${state.cursor.lastMessageId}: what is between is missing`;
  return [next, [notify({ type: 'fault', reason }), deliver]];
}

function timer(state: Connection, world: Surroundings): Step {
  switch (state.phase) {
    case 'connecting':
      return giveUp(state, { code: ABNORMAL, reason: 'no connection in time' }, world);
    case 'registering':
      return state.asked
        ? giveUp(state, { code: ABNORMAL, reason: 'no answer to the registration' }, world)
        : ask(state, world);
    case 'live':
      return beat(state, world);
    case 'waiting':
      return connect(state, world);
    case 'closing':
      return giveUp(state, { code: ABNORMAL, reason: 'no answer to the close' }, world);
    default:
      return [state, []];
  }
}

/** PROTOCOL.md §7: a ping each interval; any frame counts as life. */
function beat(state: Connection, world: Surroundings): Step {
  const patience = Math.min(world.timing.pongTimeoutMs, state.heartbeatMs);
  switch (state.beat) {
    case 'resting':
      return [{ ...state, beat: 'unanswered' }, [PING, { do: 'wait', ms: patience }]];
    case 'heard':
      return [{ ...state, beat: 'resting' }, [{ do: 'wait', ms: state.heartbeatMs - patience }]];
    case 'unanswered':
      return giveUp(state, { code: CLOSE.heartbeatTimeout, reason: 'no sign of life from the server' }, world);
  }
}
