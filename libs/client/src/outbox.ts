import type { AcceptedEvent, MessageCommand, Ref } from '#protocol';
import { SendError } from './errors.js';

/** A message on its way out. */
export interface Outgoing {
  /** Counts up: the order in which messages were sent. */
  readonly ref: number;
  readonly command: MessageCommand & { readonly id: string };
  /** It is on its way no more, whatever came of it. */
  readonly settled: () => void;
  readonly accepted: (event: AcceptedEvent) => void;
  readonly failed: (error: SendError) => void;
}

/**
 * Messages that are not acknowledged yet, in the order they were sent: `waiting` for a connection, or in flight on it.
 * Nothing leaves before it is settled, so that a message outlives any number of connections and keeps its id (PROTOCOL.md §4.1).
 */
export class Outbox {
  private readonly byId = new Map<string, Outgoing>();
  private readonly inFlight = new Map<Ref, Outgoing>();
  private waiting: Outgoing[] = [];

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.byId.size;
  }

  /** Throws SendError. */
  add(message: Outgoing): void {
    const { id } = message.command;
    if (this.byId.has(id)) throw new SendError('id-in-use', 'a message with this id is on its way', id);
    if (this.size >= this.limit) throw new SendError('queue-full', `${this.limit} messages wait to be accepted`, id);
    this.byId.set(id, message);
    this.waiting.push(message);
  }

  get inFlightCount(): number {
    return this.inFlight.size;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** What waits, in order, so many at most; it is in flight from now on. */
  takeWaiting(most = Infinity): Outgoing[] {
    const taken = this.waiting.slice(0, most);
    this.waiting = this.waiting.slice(taken.length);
    for (const message of taken) this.inFlight.set(message.ref, message);
    return taken;
  }

  /** The connection is gone, and the answers with it. */
  connectionLost(): void {
    this.waiting = [...this.inFlight.values(), ...this.waiting].sort(bySending);
    this.inFlight.clear();
  }

  /** The message is to be sent again later, before those sent after it. */
  putBack(message: Outgoing): void {
    this.inFlight.delete(message.ref);
    this.waiting = [message, ...this.waiting].sort(bySending);
  }

  /** The message that an answer is about; undefined if it was given up meanwhile. */
  find(answer: { readonly ref?: Ref; readonly id?: string }): Outgoing | undefined {
    const byRef = answer.ref === undefined ? undefined : this.inFlight.get(answer.ref);
    return byRef ?? (answer.id === undefined ? undefined : this.byId.get(answer.id));
  }

  remove(message: Outgoing): void {
    this.byId.delete(message.command.id);
    if (!this.inFlight.delete(message.ref)) this.waiting = this.waiting.filter((other) => other !== message);
  }

  /** All that is left, in order; nothing is afterwards. */
  clear(): Outgoing[] {
    this.connectionLost();
    const all = this.waiting;
    this.waiting = [];
    this.byId.clear();
    return all;
  }
}

const bySending = (a: Outgoing, b: Outgoing): number => a.ref - b.ref;
