import type { ActorRef } from './actor.js';
import type { Failure } from './supervision.js';

/**
 * Sees what the actors do: for metrics, traces and logs. Every hook is optional, and one that nobody has costs nothing. Hooks run
 * in the message's way: they must be quick and must not throw.
 */
export interface ActorMiddleware {
  /** A new instance has started, or starts: also after a restart. */
  activated?(actor: ActorRef<never>): void;
  /** An instance has ended: stopped or passivated. */
  ended?(actor: ActorRef<never>): void;
  /** A message's turn has come; `received` follows once it has been handled, by then asynchronously if `receive` is. */
  receiving?(actor: ActorRef<never>, message: unknown): void;
  /** Also after a failure; then `failed` has come before it. */
  received?(actor: ActorRef<never>, message: unknown): void;
  failed?(failure: Failure): void;
  /** The bounded mailbox refused a message. */
  overflowed?(actor: ActorRef<never>, message: unknown): void;
}

/** One middleware that calls all, in order. A hook that none has stays absent. */
export function combine(all: readonly ActorMiddleware[]): ActorMiddleware {
  return {
    activated: chain(all.map((one) => one.activated?.bind(one))),
    ended: chain(all.map((one) => one.ended?.bind(one))),
    receiving: chain(all.map((one) => one.receiving?.bind(one))),
    received: chain(all.map((one) => one.received?.bind(one))),
    failed: chain(all.map((one) => one.failed?.bind(one))),
    overflowed: chain(all.map((one) => one.overflowed?.bind(one))),
  };
}

type Hook<A extends unknown[]> = (...args: A) => void;

function chain<A extends unknown[]>(hooks: readonly (Hook<A> | undefined)[]): Hook<A> | undefined {
  const present = hooks.filter((hook) => hook !== undefined);
  if (present.length < 2) return present[0];
  return (...args) => {
    for (const hook of present) hook(...args);
  };
}
