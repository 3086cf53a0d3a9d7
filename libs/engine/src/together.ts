import { Turn } from './turn.js';

interface Waiting<R> {
  readonly key: string;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions of one event-loop turn about single keys, asked as one about all of them. */
export class Together<R> {
  private readonly turn = new Turn<Waiting<R>>((waiting) => void this.askAll(waiting));

  /** @param ask answers in the order of the keys. */
  constructor(private readonly ask: (keys: readonly string[]) => Promise<readonly R[]>) {}

  of(key: string): Promise<R> {
    return new Promise((resolve, reject) => this.turn.add({ key, resolve, reject }));
  }

  private async askAll(waiting: readonly Waiting<R>[]): Promise<void> {
    try {
      const results = await this.ask(waiting.map(({ key }) => key));
      waiting.forEach(({ resolve }, i) => resolve(results[i] as R));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
