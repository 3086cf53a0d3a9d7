import { Delete, Get, HttpCode, Inject, NotFoundException, Param, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Engine } from '#engine';
import { ENGINE } from '#service';
import { MembershipService } from '../../conversation/membership.service.js';
import { Endpoint } from '../endpoint.js';
import { Problems } from '../problems/problem.dto.js';
import { ConversationPath, PageQuery } from '../rules.js';
import { fromToken, scan, START, tokenOf } from '../scan.js';
import { ConversationDto, MemberPath } from './conversations.dto.js';

/** Who belongs to which conversation. A conversation needs no creating: it is there from its first member on. */
@Endpoint('conversations/:id', 'conversations')
export class ConversationsController {
  constructor(
    private readonly membership: MembershipService,
    @Inject(ENGINE) private readonly engine: Engine,
  ) {}

  @Put('members/:userId')
  @ApiOperation({ summary: 'Make a user a member' })
  @ApiCreatedResponse({ description: 'Is a member from now on' })
  @ApiNoContentResponse({ description: 'Was a member before' })
  async addMember(@Param() { id, userId }: MemberPath, @Res({ passthrough: true }) response: Response): Promise<void> {
    response.status((await this.membership.join(id, userId)) ? 201 : 204);
  }

  @Delete('members/:userId')
  @HttpCode(204)
  @ApiOperation({ summary: 'End a membership, and the user’s subscriptions with it' })
  @ApiNoContentResponse({ description: 'Is no member (any more)' })
  async removeMember(@Param() { id, userId }: MemberPath): Promise<void> {
    await this.membership.leave(id, userId);
  }

  @Get()
  @ApiOperation({ summary: 'A conversation, with a page of its members' })
  @ApiOkResponse({ type: ConversationDto })
  @Problems(404)
  async describeConversation(
    @Param() { id }: ConversationPath,
    @Query() { cursor, limit }: PageQuery,
  ): Promise<ConversationDto> {
    const page = await this.members(id, cursor, limit);
    const { exists, members: memberCount, lastMessageId, epoch } = await this.membership.describe(id);
    if (!exists) throw new NotFoundException('No such conversation');
    return { conversation: id, lastMessageId, epoch, memberCount, ...page };
  }

  private async members(conversation: string, cursor: string | undefined, limit: number) {
    const at = cursor === undefined ? START : fromToken(cursor)[0];
    const read = async (from: string, count: number) => {
      const page = await this.engine.conversations.members(conversation, from, count);
      return { items: page.members, cursor: page.cursor };
    };
    const { items, next } = await scan(read, at, limit, (member) => member);
    return { members: items, ...(next ? { nextCursor: tokenOf(next) } : {}) };
  }
}
