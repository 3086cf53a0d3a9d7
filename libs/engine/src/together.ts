interface Waiting<R> {
  readonly key: string;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions of one event-loop turn about single keys, asked as one about all of them. */
export class Together<R> {
  private waiting: Waiting<R>[] = [];

  /** @param ask answers in the order of the keys. */
  constructor(private readonly ask: (keys: readonly string[]) => Promise<readonly R[]>) {}

  of(key: string): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ key, resolve, reject }) === 1) setImmediate(() => void this.askAll());
    });
  }

  private async askAll(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    try {
      const results = await this.ask(waiting.map(({ key }) => key));
      waiting.forEach(({ resolve }, i) => resolve(results[i] as R));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
