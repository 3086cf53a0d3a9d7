import { RpcException } from '@nestjs/microservices';

/** Thrown by a handler: the asker gets `MeshError('remote', message, code, retryAfterMs)`. */
export class MeshRefusal extends RpcException {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super({ code, message, retryAfterMs });
  }
}
