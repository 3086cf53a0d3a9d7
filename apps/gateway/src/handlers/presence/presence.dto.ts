import { IsIn } from 'class-validator';
import type { PresenceCommand, PresenceStatus, Ref } from '#protocol';

/** `presence` (PROTOCOL.md §2). */
export class PresenceDto implements PresenceCommand {
  readonly type!: 'presence';
  readonly ref?: Ref;

  @IsIn(['online', 'away', 'offline'])
  readonly status!: PresenceStatus;
}
