import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Identifier } from '../rules.js';

export class MemberPath {
  @Identifier('Conversation')
  readonly id!: string;
  @Identifier('User')
  readonly userId!: string;
}

export class ConversationDto {
  @ApiProperty()
  readonly conversation!: string;
  @ApiProperty({ type: 'integer', description: 'Newest in its log; 0: none' })
  readonly lastMessageId!: number;
  @ApiProperty({ description: 'Names the life of its log; empty before its first use' })
  readonly epoch!: string;
  @ApiProperty({ type: 'integer' })
  readonly memberCount!: number;
  @ApiProperty({ type: [String], description: 'One page, in no particular order; may be fewer than `limit`' })
  readonly members!: readonly string[];
  @ApiPropertyOptional({ description: 'Absent on the last page of members' })
  readonly nextCursor?: string;
}
