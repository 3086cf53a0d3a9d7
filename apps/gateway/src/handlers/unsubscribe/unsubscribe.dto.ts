import type { Ref, UnsubscribeCommand } from '#protocol';
import { IsIdentifier } from '../../dispatch/rules.js';

/** `unsubscribe` (PROTOCOL.md §2). */
export class UnsubscribeDto implements UnsubscribeCommand {
  readonly type!: 'unsubscribe';
  readonly ref?: Ref;

  @IsIdentifier()
  readonly conversation!: string;
}
