/**
 * A message that the kernel itself delivers: of a timer, of a death watch. It travels on the system queue, ahead of what waits in the
 * mailbox and never refused by a full one. Between being queued and being handled it may be cancelled (the timer, the watch or
 * the instance has gone): then it is skipped, so no stale message is ever seen.
 */
export class Notice<M> {
  live = true;
  constructor(readonly message: M) {}

  /** Called when its turn has come, just before it is handled. */
  taken(): void {
    this.live = false;
  }
}
