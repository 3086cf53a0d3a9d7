import { IsNotEmpty } from 'class-validator';
import { TEXTS, type Ref, type StatusCommand } from '#protocol';
import { IsIdentifier } from '../../dispatch/rules.js';

/** `status` (PROTOCOL.md §2). */
export class StatusDto implements StatusCommand {
  readonly type!: 'status';
  readonly ref?: Ref;

  @IsNotEmpty({ message: TEXTS.recipientRequired })
  @IsIdentifier()
  readonly to!: string;
}
