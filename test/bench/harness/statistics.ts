/** The value below which `share` (0–1) of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Of an even number of samples the mean of the middle two. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** `median (least–most)`, each as `show` writes it. */
export function spread(samples: readonly number[], show: (value: number) => string): string {
  return `${show(median(samples))} (${show(Math.min(...samples))}–${show(Math.max(...samples))})`;
}

/**
 * Median of `ours` over `theirs`, round by round: both of a round ran within the same seconds, so what else the machine did hits both. The
 * two are of one length.
 */
export const ratio = (ours: readonly number[], theirs: readonly number[]): number =>
  median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));

export const whole = (value: number): string => Math.round(value).toLocaleString('en');
export const fixed = (digits: number) => (value: number) => value.toFixed(digits);
export const times = (value: number): string => `${value.toFixed(2)} ×`;
