import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { WireEntry } from '#contract';
import type { LogId } from '#engine';
import { messageEvent } from '#protocol';
import { LogReader } from '../../log/log-reader.js';
import { Endpoint } from '../endpoint.js';
import { ConversationPath, LogQuery, UserPath } from '../rules.js';
import { LogPageDto, StoredMessageDto } from './message.dto.js';

function stored(entry: WireEntry): StoredMessageDto {
  const { type: _, ...message } = messageEvent(entry);
  return { ...message, messageId: entry.messageId };
}

/** Reading moves no cursor and acknowledges nothing. */
@Endpoint('', 'messages')
export class LogsController {
  constructor(private readonly reader: LogReader) {}

  @Get('users/:id/messages')
  @ApiOperation({ summary: 'A page of a user’s inbox' })
  @ApiOkResponse({ type: LogPageDto })
  userMessages(@Param() { id }: UserPath, @Query() query: LogQuery): Promise<LogPageDto> {
    return this.page({ kind: 'inbox', id }, query);
  }

  @Get('conversations/:id/messages')
  @ApiOperation({ summary: 'A page of a conversation’s log' })
  @ApiOkResponse({ type: LogPageDto })
  conversationMessages(@Param() { id }: ConversationPath, @Query() query: LogQuery): Promise<LogPageDto> {
    return this.page({ kind: 'conversation', id }, query);
  }

  private async page(log: LogId, { after, limit }: LogQuery): Promise<LogPageDto> {
    const { entries, hasMore, epoch } = await this.reader.sync(log, { lastMessageId: after, limit });
    return { messages: entries.map(stored), hasMore, epoch };
  }
}
