import { ApiProperty } from '@nestjs/swagger';
import { ConnectionDto } from '../presence/presence.dto.js';
import { Identifier } from '../rules.js';

export class ConnectionPath {
  @Identifier('Connection')
  readonly id!: string;
}

export class ConnectionsDto {
  @ApiProperty({ type: [ConnectionDto], description: 'Oldest first' })
  readonly connections!: readonly ConnectionDto[];
}

export class DisconnectingDto {
  @ApiProperty({ type: 'integer', description: 'Connections whose gateways were told to close them' })
  readonly connections!: number;
}
