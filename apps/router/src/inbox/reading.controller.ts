import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { ROUTER, UNAVAILABLE, type OpenReply, type OpenRequest, type ReadReply, type ReadRequest } from '#contract';
import { EngineUnavailableError } from '#engine';
import { MeshRefusal } from '#mesh';
import { LogReader } from '../log/log-reader.js';

/** What is read from inboxes. */
@Controller()
export class ReadingController {
  constructor(private readonly reader: LogReader) {}

  @MessagePattern(ROUTER.open)
  open(request: OpenRequest): Promise<OpenReply> {
    return this.reader.open({ kind: 'inbox', id: request.userId }, request).catch(refused);
  }

  @MessagePattern(ROUTER.read)
  read(request: ReadRequest): Promise<ReadReply> {
    return this.reader.read({ kind: 'inbox', id: request.userId }, request).catch(refused);
  }
}

function refused(error: unknown): never {
  throw error instanceof EngineUnavailableError
    ? new MeshRefusal(UNAVAILABLE.code, UNAVAILABLE.message, UNAVAILABLE.retryAfterMs)
    : error;
}
