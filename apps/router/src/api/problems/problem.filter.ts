import { Catch, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { Request, Response } from 'express';
import { problemOf, type Problem } from './problem.js';

const API = /^\/api(?:[/?]|$)/i;

/** Answers what fails under /api, paths that do not exist included, with problem details; leaves the rest of the app to Nest. */
@Catch()
export class ProblemFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('Api');

  override catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    if (!API.test(request.originalUrl)) {
      // oxlint-disable-next-line promise/valid-params -- an exception filter, no promise
      return super.catch(error, host);
    }
    const problem = problemOf(error);
    if (problem.code === 'WS_INTERNAL_ERROR') this.logger.error(error);
    if (response.headersSent) response.destroy();
    else send(response, problem);
  }
}

function send(response: Response, problem: Problem): void {
  const { status, retryAfterMs } = problem;
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/problem+json');
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="switchboard"');
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1_000));
  response.end(JSON.stringify(problem));
}
