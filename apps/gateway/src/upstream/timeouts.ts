/** How long an ask to presence or router may take, ms. Shorter than AUTH_TIMEOUT_MS, so that a client learns why it was not registered. */
export const ASK_TIMEOUT_MS = 5_000;
/** How long a message may wait for its `accepted`, ms. */
export const SEND_TIMEOUT_MS = 10_000;
