import { randomUUID } from 'node:crypto';

/** Enough for answers to asks of former incarnations, which are seconds old at most. */
const REMEMBERED = 16;

/** Who this process is. Its incarnation changes when it has lost its lease and taken it anew: others had given the former one up for dead. */
export class Identity {
  /** What it would be called next; the same until it is taken, so that a repeated question to the lease store names the same one. */
  next = randomUUID() as string;
  private readonly former: string[] = [];

  constructor(
    readonly id: string,
    readonly roles: readonly string[],
    public incarnation: string,
  ) {}

  /** Whether that is this process, under its present name or a former one. */
  is(incarnation: string): boolean {
    return incarnation === this.incarnation || this.former.includes(incarnation);
  }

  renew(): void {
    this.former.push(this.incarnation);
    if (this.former.length > REMEMBERED) this.former.shift();
    this.incarnation = this.next;
    this.next = randomUUID();
  }
}
