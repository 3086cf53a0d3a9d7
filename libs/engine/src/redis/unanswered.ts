/** Between two looks at who waits for too long, ms. */
const LOOK_MS = 250;

/** What has been asked. */
export class Call {
  readonly askedAt = performance.now();
  /** How many looks have found that it waits for too long. */
  overdue = 0;
  before: Call | undefined;
  next: Call | undefined;

  /** @param onOverdue called at most once. */
  constructor(readonly onOverdue: () => void) {}
}

/**
 * What has been asked and not been answered, oldest first. One timer for all, and a list that nothing is searched in: a timer for each call costs as much
 * as the call's own way through this process.
 */
export class Unanswered {
  private oldest: Call | undefined;
  private newest: Call | undefined;
  private looks: NodeJS.Timeout | undefined;

  /** @param patienceMs after it, and a look more, a call is overdue. @param onSilence a call has waited for twice as long; again at each look while it does. */
  constructor(
    private readonly patienceMs: number,
    private readonly onSilence: () => void,
  ) {}

  start(): void {
    this.looks ??= setInterval(() => this.look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.looks);
    this.looks = undefined;
  }

  add(call: Call): void {
    call.before = this.newest;
    if (this.newest) this.newest.next = call;
    else this.oldest = call;
    this.newest = call;
  }

  /** It was answered, well or ill. */
  remove(call: Call): void {
    const { before, next } = call;
    if (before) before.next = next;
    else this.oldest = next;
    if (next) next.before = before;
    else this.newest = before;
    call.before = call.next = undefined;
  }

  /** The second look that finds it so tells: where this process itself has slept, what came meanwhile is read between two looks. */
  private look(): void {
    const now = performance.now();
    const first = this.oldest;
    for (let call = first; call && now - call.askedAt >= this.patienceMs; call = call.next) {
      call.overdue++;
      if (call.overdue === 2) call.onOverdue();
    }
    if (first && first.overdue >= 2 && now - first.askedAt >= 2 * this.patienceMs) this.onSilence();
  }
}
