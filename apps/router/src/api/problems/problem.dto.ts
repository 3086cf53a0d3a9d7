import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ERRORS, type ErrorCode } from '#protocol';
import type { Problem } from './problem.js';

/** As the description of the API shows it. */
export class ProblemDto implements Problem {
  @ApiProperty({ format: 'uri-reference', example: 'urn:problem:switchboard:invalid-payload' })
  readonly type!: string;
  @ApiProperty({ example: 'Invalid payload' })
  readonly title!: string;
  @ApiProperty({ type: 'integer', example: 400 })
  readonly status!: number;
  @ApiProperty({ example: 'limit must be an integer from 1 to 500' })
  readonly detail!: string;
  @ApiProperty({ enum: Object.keys(ERRORS), description: 'As in error events of the WebSocket protocol' })
  readonly code!: ErrorCode;
  @ApiPropertyOptional({
    type: 'integer',
    description: 'When to try again, ms; in `Retry-After` too, in whole seconds',
  })
  readonly retryAfterMs?: number;
}

const MEANINGS = {
  400: 'Something in the request is not as it must be; `detail` says what.',
  401: 'No `Authorization: Bearer` header, or another key than `API_KEY`.',
  403: 'The sender is not a member of the conversation.',
  404: 'There is no such thing.',
  413: 'The body is longer than `MAX_MESSAGE_BYTES`.',
  415: 'The body is not `application/json`.',
  429: 'More calls than `API_RATE_LIMIT`; `Retry-After` says when.',
  503: 'The engine or a service is away (then with `Retry-After`), or no `API_KEY` is set.',
} as const;

/** Says of an operation, or of all of a controller, with which problems it may answer. */
export const Problems = (...statuses: readonly (keyof typeof MEANINGS)[]): ClassDecorator & MethodDecorator =>
  applyDecorators(
    ApiExtraModels(ProblemDto),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: MEANINGS[status],
        content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
      }),
    ),
  );
