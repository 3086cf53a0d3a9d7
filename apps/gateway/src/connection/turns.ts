/** Left the queue before its turn. */
export class TurnEndedError extends Error {
  override readonly name = 'TurnEndedError';
}

/** More wait than can be served in time. */
export class TooManyWaitError extends Error {
  override readonly name = 'TooManyWaitError';
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** So many at once; whoever comes besides waits, first come first served. A place is taken until it is given back, by whatever way that comes about. */
export class Turns {
  private readonly served = new Set<string>();
  private readonly queue = new Map<string, Waiting>();

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  get serving(): number {
    return this.served.size;
  }

  get waiting(): number {
    return this.queue.size;
  }

  /** Resolves when its turn has come; nothing where that is at once. */
  begin(id: string): Promise<void> | undefined {
    if (this.served.size < this.atOnce) {
      this.served.add(id);
      return undefined;
    }
    if (this.queue.size >= this.mostWaiting) return Promise.reject(new TooManyWaitError('too many wait already'));
    return new Promise((resolve, reject) => this.queue.set(id, { resolve, reject }));
  }

  /** Gives its place back, in whichever of the two it is; again, it does nothing. */
  end(id: string): void {
    const waiting = this.queue.get(id);
    if (waiting) {
      this.queue.delete(id);
      return waiting.reject(new TurnEndedError('left before its turn'));
    }
    if (this.served.delete(id)) this.next();
  }

  private next(): void {
    for (const [id, { resolve }] of this.queue) {
      this.queue.delete(id);
      this.served.add(id);
      return resolve();
    }
  }
}
