/** What a cell is doing, as bits of one small integer; 0 is idle: an instance, and nothing to do. */

/** In the run queue, or running. */
export const SCHEDULED = 1;
/** A promise of the actor's, or the end of its children, is awaited. */
export const BUSY = 2;
/** Waits for the end of a back-off, or for its supervisor. */
export const SUSPENDED = 4;
/** Has no instance yet. */
export const STARTING = 8;
/** Is to end once the message in hand is done. */
export const STOPPING = 16;
/** Is to end if it is still unused. */
export const PASSIVATING = 32;
/** The system queue is not empty. */
export const SIGNALLED = 64;
/** `stopped()` is running, or children are being waited for before it. */
export const ENDING = 128;
/** Gone. */
export const DEAD = 256;

/** In these, something other than the run queue will wake the cell, or nothing will. */
export const UNWAKEABLE = SCHEDULED | BUSY | SUSPENDED | ENDING | DEAD;
/** In these, a message is not for this instance. */
export const CLOSED = STOPPING | ENDING | DEAD;
