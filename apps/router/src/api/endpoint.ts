import { applyDecorators, Controller, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { ApiGuard } from './api-key.js';
import { Problems } from './problems/problem.dto.js';
import { Validation } from './validation.js';

/** A controller of the server API: under /api/`path`, only with the key, its parameters checked. */
export const Endpoint = (path: string, tag: string): ClassDecorator =>
  applyDecorators(
    Controller(`api/${path}`),
    UseGuards(ApiGuard),
    UsePipes(new Validation()),
    ApiTags(tag),
    ApiBearerAuth(),
    Problems(400, 401, 429, 503),
  );
