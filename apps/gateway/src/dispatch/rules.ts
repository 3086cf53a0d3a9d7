import { ValidateBy, type ValidationOptions } from 'class-validator';
import {
  CURSOR_RULE,
  IDEMPOTENCY_KEY_RULE,
  IDENTIFIER_RULE,
  isCursor,
  isIdempotencyKey,
  isIdentifier,
} from '#protocol';

const rule =
  (name: string, text: string, validate: (value: unknown) => boolean) =>
  (options?: ValidationOptions): PropertyDecorator =>
    ValidateBy({ name, validator: { validate, defaultMessage: () => `$property ${text}` } }, options);

/** The protocol's rules for names (PROTOCOL.md §2) as class-validator decorators. */
export const IsIdentifier = rule('isIdentifier', IDENTIFIER_RULE, isIdentifier);
export const IsIdempotencyKey = rule('isIdempotencyKey', IDEMPOTENCY_KEY_RULE, isIdempotencyKey);
export const IsCursor = rule('isCursor', CURSOR_RULE, isCursor);
/** For arrays; that it is one is another rule's matter. */
export const AreIdentifiers = rule(
  'areIdentifiers',
  `${IDENTIFIER_RULE}, each`,
  (value) => !Array.isArray(value) || value.every(isIdentifier),
);
