/**
 * The life of a connection (PROTOCOL.md §1), as a pure function.
 * - `connected`: nobody yet; only anonymous commands (register, ping).
 * - `authenticating`: a registration is under way; later frames of this connection wait in the mailbox.
 * - `replaying`: registered; the log is being read. Takes every command.
 * - `live`: registered, and caught up with all it has heard of. Takes every command.
 * - `closed`: over, for good; takes nothing.
 */
export type SessionState = 'connected' | 'authenticating' | 'replaying' | 'live' | 'closed';

export type SessionEvent =
  /** A registration begins. */
  | 'register'
  /** It failed; the client may try again. */
  | 'refused'
  /** It succeeded; the backlog is next. */
  | 'registered'
  /** Everything heard of has been written. */
  | 'caughtUp'
  /** A gap, or a socket that does not keep up: back to reading the log. */
  | 'fellBehind'
  | 'close';

const TRANSITIONS: Readonly<Record<SessionState, Readonly<Partial<Record<SessionEvent, SessionState>>>>> = {
  connected: { register: 'authenticating', close: 'closed' },
  authenticating: { registered: 'replaying', refused: 'connected', close: 'closed' },
  replaying: { caughtUp: 'live', fellBehind: 'replaying', close: 'closed' },
  live: { fellBehind: 'replaying', caughtUp: 'live', close: 'closed' },
  closed: { close: 'closed' },
};

/** The state after `event`. Throws where the event makes no sense: that is a fault in the gateway, never the client's. */
export function next(state: SessionState, event: SessionEvent): SessionState {
  const to = TRANSITIONS[state][event];
  if (to) return to;
  throw new Error(`a session that is ${state} takes ${Object.keys(TRANSITIONS[state]).join(', ')}; not ${event}`);
}

/** Whether a command may run in this state. A closed session takes none, and answers none. */
export function takes(state: SessionState, command: { readonly anonymous: boolean }): boolean {
  if (state === 'closed') return false;
  return command.anonymous || state === 'replaying' || state === 'live';
}
