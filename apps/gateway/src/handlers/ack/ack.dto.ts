import { IsIn, IsOptional } from 'class-validator';
import type { AckCommand, Ref } from '#protocol';
import { IsCursor, IsIdentifier } from '../../dispatch/rules.js';

/** `ack` (PROTOCOL.md §2). */
export class AckDto implements AckCommand {
  readonly type!: 'ack';
  readonly ref?: Ref;

  @IsCursor()
  readonly messageId!: number;

  @IsIn(['delivered', 'read'])
  readonly status!: 'delivered' | 'read';

  @IsOptional()
  @IsIdentifier()
  readonly conversation?: string;
}
