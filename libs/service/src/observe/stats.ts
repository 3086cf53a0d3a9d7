import { Injectable } from '@nestjs/common';

/** The numbers of `GET /stats`, gathered from whoever has some. */
@Injectable()
export class Stats {
  private readonly sources = new Map<string, () => unknown>();

  /** `value` is asked at each request and must be quick; its JSON stands under `name` at the top level. Names are given once. */
  add(name: string, value: () => unknown): void {
    if (this.sources.has(name)) throw new Error(`stats: ${name} is there already`);
    this.sources.set(name, value);
  }

  snapshot(): Record<string, unknown> {
    return Object.fromEntries([...this.sources].map(([name, value]) => [name, value()]));
  }
}
