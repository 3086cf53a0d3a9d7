/** Prints the bytes of heap per idle actor of one contender. A process of its own, so that nothing else is on the heap. */
import { CONTENDERS } from './contenders/all.js';

const COUNT = 100_000;
/** Its own table of refs (or keys) is the contender's, not the actors': one word each. */
const TABLE_BYTES = 8;

const collect = globalThis.gc!;
const contender = new CONTENDERS[process.argv[2]!]!();
// Warm: the code, the pools and the class layouts are there before the count begins.
await contender.spawn(1000);
collect();
const before = process.memoryUsage().heapUsed;
await contender.spawn(COUNT);
collect();
process.stdout.write(`${(process.memoryUsage().heapUsed - before) / COUNT - TABLE_BYTES}\n`);
process.exit(0);
