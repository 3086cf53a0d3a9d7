import { Body, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Engine } from '#engine';
import { ENGINE } from '#service';
import { Endpoint } from '../endpoint.js';
import { Problems } from '../problems/problem.dto.js';
import { PageQuery, UserPath } from '../rules.js';
import { OnlineUsers } from './online-users.js';
import { OnlinePageDto, PresenceDto, presenceDto, PresenceQueryDto, PresencesDto } from './presence.dto.js';

@Endpoint('', 'presence')
export class PresenceController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly online: OnlineUsers,
  ) {}

  @Get('users/:id/presence')
  @ApiOperation({ summary: 'A user’s status, when last seen, and connections' })
  @ApiOkResponse({ type: PresenceDto })
  async userPresence(@Param() { id }: UserPath): Promise<PresenceDto> {
    const [presence] = await this.presences([id]);
    return presence as PresenceDto;
  }

  @Post('presence/query')
  @HttpCode(200)
  @ApiOperation({ summary: 'The same of many users' })
  @ApiOkResponse({ type: PresencesDto })
  @Problems(413, 415)
  async queryPresence(@Body() { userIds }: PresenceQueryDto): Promise<PresencesDto> {
    return { users: await this.presences(userIds) };
  }

  @Get('presence')
  @ApiOperation({ summary: 'Who is online or away, in no particular order' })
  @ApiOkResponse({ type: OnlinePageDto })
  onlineUsers(@Query() { cursor, limit }: PageQuery): Promise<OnlinePageDto> {
    return this.online.page(cursor, limit);
  }

  private async presences(userIds: readonly string[]): Promise<PresenceDto[]> {
    if (userIds.length === 0) return [];
    return (await this.engine.presence.describe(userIds)).map(presenceDto);
  }
}
