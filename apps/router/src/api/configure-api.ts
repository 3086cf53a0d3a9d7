import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { CONFIG } from '#service';
import type { RouterConfig } from '../config.js';
import { ApiKey } from './api-key.js';
import { ApiRate } from './api-rate.js';
import { serveDescription } from './description.js';
import { ProblemFilter } from './problems/problem.filter.js';

/** An empty body has no type: clients send `content-length: 0` with a PUT of nothing. */
const hasBody = (request: Request): boolean => request.headers['content-length'] !== '0';

function demandJson(request: Request): void {
  if (hasBody(request) && request.is('json') === false)
    throw new UnsupportedMediaTypeException('The body must be application/json');
}

function admit(key: ApiKey, rate: ApiRate, authorization: string | undefined): void {
  try {
    key.demand(authorization);
  } catch (error) {
    rate.demand('without');
    throw error;
  }
  rate.demand('with key');
}

/**
 * Prepares an app for the server API: before it is initialised. Whoever lacks the key is turned away before a byte of a body is read, and
 * is not told which paths exist.
 */
export function configureApi(app: NestExpressApplication): void {
  const key = app.get(ApiKey, { strict: false });
  const rate = app.get(ApiRate, { strict: false });
  const { MAX_MESSAGE_BYTES } = app.get<RouterConfig>(CONFIG, { strict: false });
  app.use('/api', (request: Request, _response: Response, next: NextFunction) => {
    try {
      admit(key, rate, request.headers.authorization);
      demandJson(request);
      next();
    } catch (error) {
      next(error);
    }
  });
  app.useBodyParser('json', { limit: MAX_MESSAGE_BYTES });
  app.useGlobalFilters(new ProblemFilter(app.getHttpAdapter()));
  serveDescription(app);
}
