import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { Ref, SyncCommand } from '#protocol';
import { IsCursor, IsIdentifier } from '../../dispatch/rules.js';

/** `sync` (PROTOCOL.md §2). */
export class SyncDto implements SyncCommand {
  readonly type!: 'sync';
  readonly ref?: Ref;

  @IsOptional()
  @IsCursor()
  readonly lastMessageId?: number;

  @IsOptional()
  @IsCursor()
  readonly lastSyncTime?: number;

  @IsOptional()
  @IsIdentifier()
  readonly conversation?: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  readonly limit?: number;
}
