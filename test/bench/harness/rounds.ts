/** What each contender measured, round after round. */
export type Rounds<T> = ReadonlyMap<string, readonly T[]>;

/**
 * Lets each contender measure once a round, one after the other, so that whatever else the machine does hits all alike. `before`: rounds that
 * do not count, until code is compiled and memory is there.
 */
export async function interleaved<C extends { readonly name: string }, T>(
  contenders: readonly C[],
  { count, before = 0 }: { readonly count: number; readonly before?: number },
  measure: (contender: C, round: number) => Promise<T>,
): Promise<Rounds<T>> {
  const rounds = new Map<string, T[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -before; round < count; round++)
    for (const contender of contenders) {
      const measured = await measure(contender, round);
      if (round >= 0) rounds.get(contender.name)?.push(measured);
    }
  return rounds;
}

/** One figure of one contender over the rounds. */
export const series = <T>(rounds: Rounds<T>, name: string, of: (measured: T) => number): number[] =>
  (rounds.get(name) ?? []).map(of);
