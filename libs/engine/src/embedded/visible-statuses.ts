import type { PresenceStatus, Visible } from '../port.js';

/** When users were last visible, ms, where it outlives the process. */
export interface LastSeen {
  save(userId: string, at: number): Promise<void>;
  of(userIds: readonly string[]): Promise<readonly (number | undefined)[]>;
}

interface Standing {
  readonly status: PresenceStatus;
  readonly version: number;
  /** While offline: when last visible; kept here as well until it is saved. */
  readonly lastSeen?: number;
}

/** Users whose version is remembered after they went; older ones start again from the clock, which has gone on meanwhile. */
const GONE_REMEMBERED = 100_000;
const ORDER: readonly PresenceStatus[] = ['online', 'away'];

/** What others see of the users of one process, and since when. */
export class VisibleStatuses {
  private readonly present = new Map<string, Standing>();
  private readonly gone = new Map<string, Standing>();

  constructor(
    private readonly now: () => number,
    private readonly lastSeen: LastSeen,
  ) {}

  /**
   * Takes note of the statuses of a user's live connections, at this very instant, and resolves with what others see. `left`: when the user
   * was last visible, if that is found to be over.
   */
  see(userId: string, live: readonly PresenceStatus[], left: number): Promise<Visible> {
    const status = ORDER.find((one) => live.includes(one)) ?? 'offline';
    const was = this.present.get(userId) ?? this.gone.get(userId);
    const before = was?.status ?? 'offline';
    if (status === before) return this.told(userId, was);
    const standing = { status, version: Math.max(this.now(), (was?.version ?? 0) + 1) };
    if (status === 'offline') return this.leave(userId, before, { ...standing, lastSeen: left });
    this.gone.delete(userId);
    this.present.set(userId, standing);
    return Promise.resolve({ ...standing, before });
  }

  private async leave(
    userId: string,
    before: PresenceStatus,
    standing: Standing & { lastSeen: number },
  ): Promise<Visible> {
    this.present.delete(userId);
    this.gone.set(userId, standing);
    if (this.gone.size > GONE_REMEMBERED) this.gone.delete(this.gone.keys().next().value ?? '');
    await this.lastSeen.save(userId, standing.lastSeen);
    return { ...standing, before };
  }

  private async told(userId: string, standing: Standing | undefined): Promise<Visible> {
    if (standing) return { ...standing, before: standing.status };
    const never = { status: 'offline', before: 'offline', version: 0 } as const;
    const [lastSeen] = await this.lastSeen.of([userId]);
    return lastSeen === undefined ? never : { ...never, version: lastSeen, lastSeen };
  }
}
