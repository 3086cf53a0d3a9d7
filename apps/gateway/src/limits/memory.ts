import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Memory in use and its bounds, bytes. */
export interface Memory {
  readonly heapUsed: number;
  readonly heapLimit: number;
  /** Resident: heap, buffers, code. */
  readonly resident: number;
  /** Of the container, else of the machine. */
  readonly residentLimit: number;
}

/** Asked once: the kernel takes as long to answer as for all else together. */
let limit: number | undefined;

/** Of this process, now. */
export function memory(): Memory {
  const { used_heap_size: heapUsed, heap_size_limit: heapLimit } = getHeapStatistics();
  limit ??= residentLimit();
  return { heapUsed, heapLimit, resident: process.memoryUsage.rss(), residentLimit: limit };
}

/** Without a limit the kernel says 0, or a number that no machine has. */
function residentLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** What is in use of whichever is shorter, whole percent. */
export const percentUsed = ({ heapUsed, heapLimit, resident, residentLimit: most }: Memory): number =>
  Math.round(100 * Math.max(heapUsed / heapLimit, resident / most));
