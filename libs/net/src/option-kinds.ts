import { Socket } from 'node:net';

/** Having seen so many more kinds of objects at one place, V8 gives copies of one kind one class. */
const KINDS = 4;
/** Once for so many sockets: the few that it makes cost nothing among them. */
const ONCE_IN = 256;

/**
 * Lets V8 know that sockets have options of many kinds, once in a while; to be told of each socket that a server makes.
 *
 * Node makes a socket by a copy of its options, `{ ...options }`. As long as V8 11 (Node 20) has seen few kinds of objects copied there, and those of a
 * server are all of one, it gives each copy a hidden class of its own, as soon as anything is added to it. So none of the 27 look-ups of it and of the
 * streams' that follow is ever answered by a cache: a sixth of all that a gateway does for a connection (docs/decisions/option-kinds.md). Once it has seen
 * enough of them, all copies are of one class. It may forget that with code that has not run for long. Later versions do without.
 */
export class OptionKinds {
  private sockets = 0;

  socketMade(): void {
    if (++this.sockets % ONCE_IN !== 0) return;
    for (let kind = 0; kind < KINDS; kind++) void new Socket({ [`kind${kind}`]: kind });
  }
}
