import { Body, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { Clock } from '#actor';
import type { SendReply } from '#contract';
import { packBody } from '#protocol';
import { CLOCK } from '#service';
import { Sending } from '../../sending/sending.js';
import { Endpoint } from '../endpoint.js';
import { Gateways } from '../gateways.js';
import { Problems } from '../problems/problem.dto.js';
import { BroadcastDto, BroadcastSentDto, MessageDto, SentDto } from './message.dto.js';

const DEFAULT_KIND = 'text';

@Endpoint('', 'messages')
export class MessagesController {
  constructor(
    private readonly sending: Sending,
    private readonly gateways: Gateways,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Goes the way of a client's message: ordered, stored once, pushed to whoever is connected. */
  @Post('messages')
  @ApiOperation({ summary: 'Send a message to a user or a conversation' })
  @ApiCreatedResponse({ type: SentDto })
  @Problems(403, 404, 413, 415)
  async sendMessage(@Body() message: MessageDto): Promise<SentDto> {
    const { messageId, timestamp, duplicate } = await this.send(message);
    return { ...(messageId === 0 ? {} : { messageId }), timestamp, duplicate };
  }

  @Post('broadcast')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send a message to every live connection; it is not stored' })
  @ApiAcceptedResponse({ type: BroadcastSentDto })
  @Problems(413, 415)
  broadcast(@Body() { from, content, kind }: BroadcastDto): BroadcastSentDto {
    const timestamp = this.clock.now();
    const gateways = this.gateways.broadcast({ from, content, kind: kind ?? DEFAULT_KIND, timestamp });
    return { gateways, timestamp };
  }

  private send(message: MessageDto): Promise<SendReply> {
    const { from, content, kind } = message;
    const id = message.id ?? undefined;
    const to = message.to ?? undefined;
    const conversation = message.conversation ?? undefined;
    const body = packBody({ from, to, conversation, kind: kind ?? DEFAULT_KIND, content, id });
    const common = { from, id, body, ephemeral: message.ephemeral ?? undefined };
    if (conversation !== undefined) return this.sending.post({ ...common, conversation });
    return this.sending.send({ ...common, to: to ?? '' });
  }
}
