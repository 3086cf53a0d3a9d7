import { IsBoolean, IsNotEmpty, IsOptional, IsString, ValidateBy, ValidateIf } from 'class-validator';
import { TEXTS, type MessageCommand, type Ref } from '#protocol';

import { IsIdempotencyKey, IsIdentifier } from '../../dispatch/rules.js';

/** A direct message or one to a conversation: exactly one of the two. */
const IsAlone = (): PropertyDecorator =>
  ValidateBy({
    name: 'isAlone',
    validator: {
      validate: (_, args) => ((args?.object as MessageDto | undefined)?.to ?? undefined) === undefined,
      defaultMessage: () => 'conversation and to exclude each other',
    },
  });

/** `message` (PROTOCOL.md §2). */
export class MessageDto implements MessageCommand {
  readonly type!: 'message';
  readonly ref?: Ref;

  @ValidateIf((command: MessageDto) => command.conversation === undefined || command.conversation === null)
  @IsNotEmpty({ message: TEXTS.recipientRequired })
  @IsIdentifier()
  readonly to?: string;

  @IsOptional()
  @IsAlone()
  @IsIdentifier()
  readonly conversation?: string;

  @IsString()
  readonly content!: string;

  @IsOptional()
  @IsIdentifier()
  readonly kind?: string;

  @IsOptional()
  @IsIdempotencyKey()
  readonly id?: string;

  @IsOptional()
  @IsBoolean()
  readonly ephemeral?: boolean;
}
