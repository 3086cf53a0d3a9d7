import { Delete, Get, HttpCode, Inject, Param } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Engine } from '#engine';
import { ENGINE } from '#service';
import { Endpoint } from '../endpoint.js';
import { Gateways } from '../gateways.js';
import { UserPath } from '../rules.js';
import { ConnectionPath, ConnectionsDto, DisconnectingDto } from './connections.dto.js';

/** Disconnecting is asked of gateways, at most once, and not waited for: 202. The connection closes with 4502, and its client stays away. */
@Endpoint('', 'connections')
export class ConnectionsController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly gateways: Gateways,
  ) {}

  @Get('users/:id/connections')
  @ApiOperation({ summary: 'A user’s live connections' })
  @ApiOkResponse({ type: ConnectionsDto })
  async userConnections(@Param() { id }: UserPath): Promise<ConnectionsDto> {
    return { connections: await this.engine.presence.locate(id) };
  }

  @Delete('users/:id/connections')
  @HttpCode(202)
  @ApiOperation({ summary: 'Disconnect a user, on whichever gateways' })
  @ApiAcceptedResponse({ type: DisconnectingDto })
  async disconnectUser(@Param() { id }: UserPath): Promise<DisconnectingDto> {
    const connections = await this.engine.presence.locate(id);
    for (const { gatewayId, connectionId } of connections) this.gateways.disconnectAt(gatewayId, connectionId);
    return { connections: connections.length };
  }

  /** Which gateway has it is not known: all are told, and the one that has it acts. */
  @Delete('connections/:id')
  @HttpCode(202)
  @ApiOperation({ summary: 'Disconnect one connection; nothing happens where there is none of that id' })
  @ApiAcceptedResponse({ description: 'The gateways were told' })
  disconnect(@Param() { id }: ConnectionPath): void {
    this.gateways.disconnect(id);
  }
}
