import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { ConversationsCommand, Ref } from '#protocol';
import { IsIdentifier } from '../../dispatch/rules.js';

/** `conversations` (PROTOCOL.md §2). */
export class ConversationsDto implements ConversationsCommand {
  readonly type!: 'conversations';
  readonly ref?: Ref;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  readonly limit?: number;

  @IsOptional()
  @IsIdentifier()
  readonly after?: string;
}
