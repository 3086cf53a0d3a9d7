import { CLOSE, mayReconnect } from '#protocol';
import { backoff } from './backoff.js';
import type { Connection, Effect, Ended, Notice, Step, Surroundings } from './connection.js';

/** No close frame came (RFC 6455 §7.1.5). */
export const ABNORMAL = 1006;

type Dropped = Pick<Ended, 'code' | 'reason'> & { readonly retryAfterMs?: number };

/** The socket is gone: back after a while, if the close code allows it. */
export function dropped(state: Connection, how: Dropped, world: Surroundings): Step {
  const { code, reason } = how;
  switch (state.phase) {
    case 'idle':
    case 'waiting':
    case 'closed':
      return [state, []];
    case 'closing':
      return end(state, state.ended ?? { code, reason });
    default: {
      const final = !mayReconnect(code) || (!state.known && !world.timing.retryFirst);
      return final ? end(state, { code, reason }) : wait(state, how, world);
    }
  }
}

/** What a refused upgrade asks for is the same for all that were refused: the back-off comes on top, so that they do not come back together. */
function wait(
  state: Connection,
  { code, reason, retryAfterMs = 0 }: Dropped,
  { timing, now, random }: Surroundings,
): Step {
  const stable = state.phase === 'live' && now - state.liveSince >= timing.stableMs;
  const failures = stable ? 0 : state.failures;
  const delayMs = Math.max(state.reconnectAfterMs, retryAfterMs + backoff(timing.backoff, failures, random));
  return [
    { ...state, phase: 'waiting', failures: failures + 1, reconnectAfterMs: 0 },
    [{ do: 'wait', ms: delayMs }, notify({ type: 'reconnecting', delayMs, code, reason })],
  ];
}

/** A half-open connection takes minutes to close in order, so it is abandoned. */
export function giveUp(state: Connection, ended: Ended, world: Surroundings): Step {
  const [next, effects] = dropped(state, ended, world);
  return [next, [{ do: 'abandon' }, ...effects]];
}

export function close(state: Connection, world: Surroundings): Step {
  const ended: Ended = { code: CLOSE.normal, reason: '' };
  switch (state.phase) {
    case 'idle':
    case 'waiting':
      return end(state, ended);
    case 'connecting': {
      const [next, effects] = end(state, ended);
      return [next, [{ do: 'abandon' }, ...effects]];
    }
    case 'registering':
    case 'live':
      return hangUp({ ...state, ended }, world);
    default:
      return [state, []];
  }
}

export const hangUp = (state: Connection, { timing }: Surroundings): Step => [
  { ...state, phase: 'closing' },
  [
    { do: 'hangUp', code: CLOSE.normal, reason: '' },
    { do: 'wait', ms: timing.closeTimeoutMs },
  ],
];

const end = (state: Connection, ended: Ended): Step => [{ ...state, phase: 'closed', ended }, [{ do: 'end', ended }]];

export const notify = (notice: Notice): Effect => ({ do: 'notify', notice });
