/** Refs are integers, which both encodings carry. These two are the connection's own; all others are of commands that somebody waits for. */
export const REGISTER_REF = 1;
export const AUTH_REF = 2;

/** Counts up, so that refs tell the order of commands. */
export function refs(): () => number {
  let last = AUTH_REF;
  return () => ++last;
}
