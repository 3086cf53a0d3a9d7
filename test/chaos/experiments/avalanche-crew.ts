import { connect } from '#client';
import { serve } from './fleet.js';

export interface AvalancheTask {
  /** Of each client: its user and its gateway. */
  readonly clients: readonly { readonly userId: string; readonly url: string }[];
}

export interface AvalancheReport {
  /** Of each client that was cut off: ms until it was registered again; null: it is not yet. */
  readonly back: readonly (number | null)[];
  /** Attempts to connect that failed. */
  readonly failed: number;
  /** Clients that ended for good. */
  readonly ended: number;
}

const IN_PARALLEL = 100;

/** A user of the SDK, with its defaults: what the experiment shows is what users of it have. */
class Guest {
  lostAt: number | undefined;
  backAfter: number | null = null;
  failed = 0;
  ended = false;
  private readonly client;

  constructor(
    private readonly userId: string,
    url: string,
  ) {
    this.client = connect(url);
    this.client.on('reconnecting', () => this.lost());
    this.client.on('registered', () => this.arrived());
    this.client.on('closed', () => (this.ended = true));
  }

  async start(): Promise<void> {
    await this.client.register(this.userId);
    this.failed = 0;
    this.lostAt = undefined;
    this.backAfter = null;
  }

  private lost(): void {
    if (this.lostAt === undefined) this.lostAt = performance.now();
    else this.failed++;
    this.backAfter = null;
  }

  private arrived(): void {
    if (this.lostAt !== undefined) this.backAfter = performance.now() - this.lostAt;
  }
}

let guests: readonly Guest[] = [];

serve<AvalancheTask, AvalancheReport>({
  start: async ({ clients }) => {
    guests = clients.map(({ userId, url }) => new Guest(userId, url));
    for (let i = 0; i < guests.length; i += IN_PARALLEL)
      await Promise.all(guests.slice(i, i + IN_PARALLEL).map((guest) => guest.start()));
  },
  report: async () => ({
    back: guests.flatMap(({ lostAt, backAfter }) => (lostAt === undefined ? [] : [backAfter])),
    failed: guests.reduce((sum, { failed }) => sum + failed, 0),
    ended: guests.filter(({ ended }) => ended).length,
  }),
});
