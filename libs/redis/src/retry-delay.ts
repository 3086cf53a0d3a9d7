/** First and longest wait between two attempts to connect, ms. */
const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/** Before attempt number `attempt`, from 1, to connect: ms, doubling, half of it by chance, so that a fleet does not return at once; without end. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  return ceiling / 2 + (random() * ceiling) / 2;
}
