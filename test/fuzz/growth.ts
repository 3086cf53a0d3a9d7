/** Where memory settles and whether it then rises: the least of it in windows, since between collections it goes up and down. */
export class Growth {
  private readonly samples: (readonly [at: number, bytes: number])[] = [];

  add(at: number, bytes: number): void {
    this.samples.push([at, bytes]);
  }

  /** The slope of the floor after the first third, over the whole of what was measured, as a share of the memory used. */
  verdict(): { readonly share: number; readonly text: string } {
    const settled = this.samples.slice(Math.floor(this.samples.length / 3));
    const size = Math.max(1, Math.floor(settled.length / 10));
    const floors: (readonly [number, number])[] = [];
    for (let i = 0; i + size <= settled.length; i += size) {
      const window = settled.slice(i, i + size);
      floors.push([window[0]![0], Math.min(...window.map(([, bytes]) => bytes))]);
    }
    const slope = slopeOf(floors);
    const mean = floors.reduce((sum, [, bytes]) => sum + bytes, 0) / floors.length;
    const all = this.samples.at(-1)![0] - this.samples[0]![0];
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    const ends = `${mib(floors[0]![1])} → ${mib(floors.at(-1)![1])} MiB`;
    return { share: (slope * all) / mean, text: `${ends}, ${mib(slope * 100_000)} MiB per 100,000 frames` };
  }
}

/** By least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (pick: 0 | 1): number => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const below = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return below === 0 ? 0 : above / below;
}
