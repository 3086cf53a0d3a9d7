/** Numbers that follow from a seed (mulberry32): a generator of a million frames must cost next to nothing. */
export class Random {
  constructor(private state: number) {}

  /** From 0 to `below` - 1. */
  next(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  of<T>(values: readonly T[]): T {
    return values[this.next(values.length)]!;
  }

  /** One of them, by their weights. */
  weighed<T>(values: readonly (readonly [number, T])[]): T {
    let left = this.next(values.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of values) {
      if (left < weight) return value;
      left -= weight;
    }
    throw new Error('no values');
  }
}

/** Bytes changed, cut off, put in or doubled, once to four times. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let times = 1 + random.next(4); times > 0; times--) result = mutateOnce(result, random);
  return result;
}

function mutateOnce(bytes: Buffer, random: Random): Buffer {
  const place = bytes.length === 0 ? 0 : random.next(bytes.length);
  switch (random.next(4)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[place] = random.next(256);
      return copy;
    }
    case 1:
      return bytes.subarray(0, place);
    case 2:
      return Buffer.concat([bytes.subarray(0, place), Buffer.from([random.next(256)]), bytes.subarray(place)]);
    default:
      return Buffer.concat([bytes, bytes.subarray(place)]);
  }
}
