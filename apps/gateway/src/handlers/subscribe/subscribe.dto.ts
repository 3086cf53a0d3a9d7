import { IsOptional } from 'class-validator';
import type { Ref, SubscribeCommand } from '#protocol';
import { IsCursor, IsIdentifier } from '../../dispatch/rules.js';

/** `subscribe` (PROTOCOL.md §2). */
export class SubscribeDto implements SubscribeCommand {
  readonly type!: 'subscribe';
  readonly ref?: Ref;

  @IsIdentifier()
  readonly conversation!: string;

  @IsOptional()
  @IsCursor()
  readonly lastMessageId?: number;

  @IsOptional()
  @IsIdentifier()
  readonly epoch?: string;
}
