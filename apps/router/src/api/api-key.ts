import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ProtocolError } from '#protocol';
import { CONFIG } from '#service';
import type { RouterConfig } from '../config.js';

const BEARER = /^Bearer +(\S+) *$/i;
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Who may use the server API: whoever knows `API_KEY`. Where none is set nobody may, so that the API is never open by omission. */
@Injectable()
export class ApiKey {
  private readonly expected: Buffer | undefined;

  constructor(@Inject(CONFIG) { API_KEY }: Pick<RouterConfig, 'API_KEY'>) {
    this.expected = API_KEY === undefined ? undefined : digest(API_KEY);
  }

  /** Throws unless the header carries the key. Digests are compared, in constant time: neither length nor beginning of the key shows. */
  demand(authorization: string | undefined): void {
    if (!this.expected) throw new ProtocolError('WS_UNAVAILABLE', 'The server API is off: API_KEY is not set');
    const key = BEARER.exec(authorization ?? '')?.[1];
    if (key === undefined) throw new ProtocolError('WS_NOT_AUTHENTICATED', 'Authorization: Bearer API_KEY is required');
    if (!timingSafeEqual(digest(key), this.expected)) throw new ProtocolError('WS_AUTH_FAILED');
  }
}

/** On every controller of the API, whatever stands before it. */
@Injectable()
export class ApiGuard implements CanActivate {
  constructor(private readonly key: ApiKey) {}

  canActivate(context: ExecutionContext): boolean {
    this.key.demand(context.switchToHttp().getRequest<Request>().headers.authorization);
    return true;
  }
}
