/** What the actors of every contender do with a message: add to a field. */
export interface Increment {
  readonly type: 'increment';
  readonly by: number;
}

export const INCREMENT: Increment = { type: 'increment', by: 1 };

/** Actors of one library, each with one numeric field, numbered from 0. */
export interface Contender {
  /** Makes `count` idle actors, each of which has handled one message. */
  spawn(count: number): Promise<void>;
  tell(actor: number): void;
  /** Messages handled so far by all. */
  handled(): number;
}

/** All of one contender's actors count into one of these. */
export class Tally {
  handled = 0;
}

/** Waits, one event-loop turn after the other, until `contender` has handled `count` messages. */
export async function until(contender: Contender, count: number): Promise<void> {
  while (contender.handled() < count) await new Promise((done) => setImmediate(done));
}
