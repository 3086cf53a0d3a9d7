import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, ValidateBy, ValidateIf } from 'class-validator';
import { IDENTIFIER_SCHEMA, Identifier, IsIdentifier, OptionalIdempotencyKey, OptionalIdentifier } from '../rules.js';

const given = (value: unknown): boolean => value !== undefined && value !== null;

/** Exactly one of `to` and `conversation`. */
const IsOneRecipient = (): PropertyDecorator =>
  ValidateBy({
    name: 'isOneRecipient',
    validator: {
      validate: (to, args) => given(to) !== given((args?.object as MessageDto | undefined)?.conversation),
      defaultMessage: () => 'exactly one of to and conversation is required',
    },
  });

/** Where it is for a conversation, and only then, it may be left out. */
const unlessConversation = (message: MessageDto): boolean => given(message.to) || !given(message.conversation);

export class MessageDto {
  @Identifier('Who it is from; need not have registered')
  readonly from!: string;

  @ValidateIf(unlessConversation)
  @IsIdentifier()
  @IsOneRecipient()
  @ApiPropertyOptional({ ...IDENTIFIER_SCHEMA, description: 'The recipient; or `conversation`' })
  readonly to?: string;

  @OptionalIdentifier({ description: 'A conversation that `from` is a member of; or `to`' })
  readonly conversation?: string;

  @IsString()
  @ApiProperty({ example: 'Hello!' })
  readonly content!: string;

  @OptionalIdentifier({ description: '`text`, `voice`, `image`, or your own', default: 'text' })
  readonly kind?: string;

  @OptionalIdempotencyKey(
    'The sender’s own message id: sent again with it within `IDEMPOTENCY_WINDOW`, it is stored once',
  )
  readonly id?: string;

  @IsOptional()
  @IsBoolean()
  @ApiPropertyOptional({ default: false, description: 'For whoever is connected now; not stored, no `messageId`' })
  readonly ephemeral?: boolean;
}

export class SentDto {
  @ApiPropertyOptional({ type: 'integer', description: 'Its id in the log; absent for an ephemeral one' })
  readonly messageId?: number;
  @ApiProperty({ type: 'integer', description: 'When it was stored, ms' })
  readonly timestamp!: number;
  @ApiProperty({ description: 'It was stored before, and these are its id and time' })
  readonly duplicate!: boolean;
}

export class BroadcastDto {
  @Identifier('Who it is from')
  readonly from!: string;

  @IsString()
  @ApiProperty({ example: 'Maintenance at noon' })
  readonly content!: string;

  @OptionalIdentifier({ default: 'text' })
  readonly kind?: string;
}

export class BroadcastSentDto {
  @ApiProperty({ type: 'integer', description: 'Gateways that were told' })
  readonly gateways!: number;
  @ApiProperty({ type: 'integer', description: 'ms' })
  readonly timestamp!: number;
}

export class StoredMessageDto {
  @ApiProperty({ type: 'integer' })
  readonly messageId!: number;
  @ApiProperty()
  readonly from!: string;
  @ApiPropertyOptional()
  readonly to?: string;
  @ApiPropertyOptional()
  readonly conversation?: string;
  @ApiProperty()
  readonly content!: string;
  @ApiProperty()
  readonly kind!: string;
  @ApiProperty({ type: 'integer', description: 'ms' })
  readonly timestamp!: number;
  @ApiPropertyOptional({ description: 'The sender’s own' })
  readonly id?: string;
}

export class LogPageDto {
  @ApiProperty({ type: [StoredMessageDto], description: 'In order of messageId; may be fewer than `limit`' })
  readonly messages!: readonly StoredMessageDto[];
  @ApiProperty({ description: 'Ask on, after the last one here' })
  readonly hasMore!: boolean;
  @ApiProperty({ description: 'Names the life of the log: with another one, ids begin anew' })
  readonly epoch!: string;
}
