import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { ProtocolError } from '#protocol';

const texts = ({ constraints = {}, children = [] }: ValidationError): string[] => [
  ...Object.values(constraints),
  ...children.flatMap(texts),
];

const refusal = (errors: readonly ValidationError[]): ProtocolError =>
  new ProtocolError('WS_INVALID_PAYLOAD', errors.flatMap(texts).join('; '));

/** Checks parameters and bodies by their DTOs; what a DTO does not name is left out. Throws `WS_INVALID_PAYLOAD` naming field and rule. */
export class Validation extends ValidationPipe {
  constructor() {
    super({ transform: true, whitelist: true, stopAtFirstError: true, exceptionFactory: refusal });
  }

  // An array would be checked element by element: an empty one breaks no rule.
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && Array.isArray(value))
      throw new ProtocolError('WS_INVALID_PAYLOAD', 'The body must be a JSON object');
    return super.transform(value, metadata) as Promise<unknown>;
  }
}
