import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import {
  ROUTER,
  type OpenReply,
  type OpenRequest,
  type ReadReply,
  type ReadRequest,
  type StatusReply,
  type StatusRequest,
} from '#contract';
import type { LogId } from '#engine';
import { LogReader } from '../log/log-reader.js';
import { refused } from '../log/refused.js';

const inboxOf = (id: string): LogId => ({ kind: 'inbox', id });

/** What is read from inboxes. */
@Controller()
export class ReadingController {
  constructor(private readonly reader: LogReader) {}

  @MessagePattern(ROUTER.open)
  open(request: OpenRequest): Promise<OpenReply> {
    return this.reader.open(inboxOf(request.userId), request).catch(refused);
  }

  @MessagePattern(ROUTER.read)
  read(request: ReadRequest): Promise<ReadReply> {
    return this.reader.read(inboxOf(request.userId), request).catch(refused);
  }

  @MessagePattern(ROUTER.status)
  status({ userId }: StatusRequest): Promise<StatusReply> {
    return this.reader.status(inboxOf(userId)).catch(refused);
  }
}
