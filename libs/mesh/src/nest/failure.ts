/** What the asker is told. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** What Nest answers where a guard says no (`RpcException('Forbidden resource')`), after its own exception filter. */
const FORBIDDEN = 'Forbidden resource';

/**
 * What a handler's error tells the asker. Nest's exception filter has turned an `RpcException` into its content and everything else into
 * `{ status: 'error', message }`, which it has logged: only what carries a code goes over the wire as it is.
 */
export function refusalOf(error: unknown): Refusal {
  if (typeof error === 'object' && error !== null) {
    const { code, message, retryAfterMs } = error as Partial<Refusal>;
    if (typeof code === 'string' && typeof message === 'string') {
      return typeof retryAfterMs === 'number' ? { code, message, retryAfterMs } : { code, message };
    }
    if (message === FORBIDDEN) return { code: 'forbidden', message };
  }
  return { code: 'internal', message: 'Internal error' };
}
