import { eventually } from '#testing';

export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** Environment of a process whose memory is to be asked for: see memory-probe.ts. */
export const PROBED = {
  NODE_OPTIONS: `--expose-gc --import ${new URL('memory-probe.js', import.meta.url).href}`,
} as const;

/** Bytes that are left in a process after a collection: twice, since finalizers of the first free more. `log`: what it has printed. */
export async function memoryOf(pid: number, log: () => string): Promise<Memory> {
  const lines = (): string[] => log().match(/^memory .*$/gm) ?? [];
  for (let i = 0; i < 2; i++) {
    const before = lines().length;
    process.kill(pid, 'SIGUSR2');
    await eventually(() => {
      if (lines().length === before) throw new Error(`pid ${pid} printed no figures`);
    });
  }
  return JSON.parse((lines().at(-1) ?? '').slice('memory '.length)) as Memory;
}
