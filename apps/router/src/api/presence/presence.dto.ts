import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray } from 'class-validator';
import type { PresenceStatus, UserPresence } from '#engine';
import { IDENTIFIER_SCHEMA, IsIdentifier, PAGE } from '../rules.js';

const STATUSES: readonly PresenceStatus[] = ['online', 'away', 'offline'];

export class ConnectionDto {
  @ApiProperty()
  readonly connectionId!: string;
  @ApiProperty()
  readonly gatewayId!: string;
  @ApiPropertyOptional()
  readonly device?: string;
  @ApiProperty({ enum: STATUSES })
  readonly status!: PresenceStatus;
  @ApiProperty({ type: 'integer', description: 'When it was registered or last refreshed, ms' })
  readonly timestamp!: number;
}

export class PresenceDto {
  @ApiProperty()
  readonly userId!: string;
  @ApiProperty({ enum: STATUSES, description: 'As others see it: of a user who appears offline, `offline`' })
  readonly status!: PresenceStatus;
  @ApiPropertyOptional({
    type: 'integer',
    description: 'When the user was last seen, ms; only while offline, and where it is known',
  })
  readonly lastSeen?: number;
  @ApiProperty({ type: [ConnectionDto], description: 'Live ones, oldest first, whatever the status' })
  readonly connections!: readonly ConnectionDto[];
}

export class PresenceQueryDto {
  @IsArray()
  @ArrayMaxSize(PAGE.most)
  @IsIdentifier({ each: true })
  @ApiProperty({ type: 'array', items: { ...IDENTIFIER_SCHEMA, type: 'string' }, maxItems: PAGE.most })
  readonly userIds!: readonly string[];
}

export class PresencesDto {
  @ApiProperty({ type: [PresenceDto], description: 'In the order asked' })
  readonly users!: readonly PresenceDto[];
}

export class OnlinePageDto {
  @ApiProperty({ type: [PresenceDto], description: 'May be fewer than `limit`, or none, on any page' })
  readonly users!: readonly PresenceDto[];
  @ApiPropertyOptional({ description: 'Absent on the last page' })
  readonly nextCursor?: string;
}

export const presenceDto = ({ userId, connections, visible: { status, lastSeen } }: UserPresence): PresenceDto => ({
  userId,
  status,
  ...(lastSeen === undefined ? {} : { lastSeen }),
  connections,
});
