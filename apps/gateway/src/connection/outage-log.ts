import type { LoggerService } from '@nestjs/common';
import type { Clock } from '#actor';

/** One line in so many ms: in an outage every client's every command fails. */
const QUIET_MS = 1_000;

/** What was being done for whom. */
interface Subject {
  readonly connectionId: string;
  readonly userId: string | undefined;
}

/** Says that a service behind the gateway is away: with the cause of one command and the number of others since the last line. */
export class OutageLog {
  private quietUntil = -Infinity;
  private unsaid = 0;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Required<Pick<LoggerService, 'warn'>>,
  ) {}

  report({ connectionId, userId }: Subject, error: unknown): void {
    const now = this.clock.now();
    if (now < this.quietUntil) {
      this.unsaid++;
      return;
    }
    this.quietUntil = now + QUIET_MS;
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    this.logger.warn({ reason, connectionId, userId, others: this.unsaid }, 'a service is away');
    this.unsaid = 0;
  }
}
