import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, ValidateBy, type ValidationOptions } from 'class-validator';
import {
  CURSOR_RULE,
  IDEMPOTENCY_KEY_MAX,
  IDEMPOTENCY_KEY_RULE,
  IDENTIFIER_MAX,
  IDENTIFIER_RULE,
  isCursor,
  isIdempotencyKey,
  isIdentifier,
} from '#protocol';
import { PAGE_LIMITS } from '../log/page.js';

/** On one page, at most and if nothing is said. */
export const PAGE = { most: PAGE_LIMITS.entries, usual: 100 } as const;
const TOKEN_MAX = 1_024;

const isLimit = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= PAGE.most;
const isToken = (value: unknown): boolean => typeof value === 'string' && value.length <= TOKEN_MAX;

const rule =
  (name: string, text: string, validate: (value: unknown) => boolean) =>
  (options?: ValidationOptions): PropertyDecorator =>
    ValidateBy({ name, validator: { validate, defaultMessage: () => `$property ${text}` } }, options);

export const IsIdentifier = rule('isIdentifier', IDENTIFIER_RULE, isIdentifier);
const IsIdempotencyKey = rule('isIdempotencyKey', IDEMPOTENCY_KEY_RULE, isIdempotencyKey);
const IsCursor = rule('isCursor', CURSOR_RULE, isCursor);
const IsLimit = rule('isLimit', `must be an integer from 1 to ${PAGE.most}`, isLimit);
const IsToken = rule('isToken', `must be a string of at most ${TOKEN_MAX} characters`, isToken);

export const IDENTIFIER_SCHEMA = { type: String, minLength: 1, maxLength: IDENTIFIER_MAX } as const;

const described = (options: ApiPropertyOptions, ...rules: readonly PropertyDecorator[]): PropertyDecorator =>
  applyDecorators(...rules, ApiProperty(options));

/** A user, a conversation, a kind: 1 to 128 characters, no control characters. */
export const Identifier = (description: string): PropertyDecorator =>
  described({ ...IDENTIFIER_SCHEMA, description }, IsIdentifier());

export const OptionalIdentifier = (options: ApiPropertyOptions): PropertyDecorator =>
  described({ ...IDENTIFIER_SCHEMA, required: false, ...options } as ApiPropertyOptions, IsOptional(), IsIdentifier());

export const OptionalIdempotencyKey = (description: string): PropertyDecorator =>
  described(
    { type: String, minLength: 1, maxLength: IDEMPOTENCY_KEY_MAX, required: false, description },
    IsOptional(),
    IsIdempotencyKey(),
  );

/** The query of a URL holds texts; one that is no plain number stays as it is, for the rule to refuse. */
const FromQuery = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (/^\d{1,16}$/.test(String(value)) ? Number(value) : value));

const After = (): PropertyDecorator =>
  described(
    { type: 'integer', minimum: 0, default: 0, required: false, description: 'The messageId to read after' },
    FromQuery(),
    IsCursor(),
  );

const Limit = (): PropertyDecorator =>
  described(
    { type: 'integer', minimum: 1, maximum: PAGE.most, default: PAGE.usual, required: false },
    FromQuery(),
    IsLimit(),
  );

/** Of a log. */
export class LogQuery {
  @After()
  readonly after: number = 0;
  @Limit()
  readonly limit: number = PAGE.usual;
}

/** Of anything without an order of its own. */
export class PageQuery {
  @described(
    { type: String, maxLength: TOKEN_MAX, required: false, description: '`nextCursor` of the page before' },
    IsOptional(),
    IsToken(),
  )
  readonly cursor?: string;
  @Limit()
  readonly limit: number = PAGE.usual;
}

export class UserPath {
  @Identifier('User')
  readonly id!: string;
}

export class ConversationPath {
  @Identifier('Conversation')
  readonly id!: string;
}
