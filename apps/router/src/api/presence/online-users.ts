import { Inject, Injectable } from '@nestjs/common';
import type { Engine } from '#engine';
import type { Member } from '#mesh';
import { ENGINE } from '#service';
import { Gateways, placeOf } from '../gateways.js';
import { fromToken, scan, START, tokenOf, type Position, type ScannedPage } from '../scan.js';
import { presenceDto, type OnlinePageDto, type PresenceDto } from './presence.dto.js';

/** Pages of the engine that one call reads at most: gateways may hold nobody, or only people named already. */
const READS_MAX = 20;

interface Connected {
  readonly userId: string;
  readonly connectionId: string;
}

interface Place {
  readonly gateway: Member;
  readonly at: Position;
}

/**
 * Who is online, gateway by gateway. A user of several connections is named where the one with the least id is, so once, without anything
 * being remembered between two pages. Who comes, goes or moves meanwhile may be missed or named twice.
 */
@Injectable()
export class OnlineUsers {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly gateways: Gateways,
  ) {}

  async page(cursor: string | undefined, limit: number): Promise<OnlinePageDto> {
    const users: PresenceDto[] = [];
    let place = this.placeAt(cursor);
    for (let reads = 0; place && reads < READS_MAX && users.length < limit; reads++) {
      const { found, next } = await this.read(place, limit - users.length);
      users.push(...found);
      place = next;
    }
    if (!place) return { users };
    const { gateway, at } = place;
    return { users, nextCursor: tokenOf(at, gateway.id, gateway.incarnation) };
  }

  private async read(
    { gateway, at }: Place,
    limit: number,
  ): Promise<{ found: PresenceDto[]; next: Place | undefined }> {
    const read = async (cursor: string, count: number): Promise<ScannedPage<Connected>> => {
      const page = await this.engine.presence.ofGateway(gateway.id, gateway.incarnation, cursor, count);
      return { items: page.connections, cursor: page.cursor };
    };
    const { items, next } = await scan(read, at, limit, ({ connectionId }) => connectionId);
    const found = await this.named(items);
    return { found, next: next ? { gateway, at: next } : this.after(gateway) };
  }

  /** Those of the users who are to be named at one of these connections. */
  private async named(places: readonly Connected[]): Promise<PresenceDto[]> {
    const here = new Set(places.map(({ connectionId }) => connectionId));
    const live = new Set(this.gateways.live().map(({ id }) => id));
    const userIds = [...new Set(places.map(({ userId }) => userId))];
    const users = userIds.length === 0 ? [] : await this.engine.presence.describe(userIds);
    return users
      .filter(({ connections }) => {
        const ids = connections.filter(({ gatewayId }) => live.has(gatewayId)).map(({ connectionId }) => connectionId);
        return ids.length > 0 && here.has(ids.reduce((least, id) => (id < least ? id : least)));
      })
      .map(presenceDto)
      .filter(({ status }) => status !== 'offline');
  }

  /** A gateway that has left meanwhile has nobody any more: its index is as good as empty, and the next one follows. */
  private placeAt(cursor: string | undefined): Place | undefined {
    if (cursor === undefined) return this.first(this.gateways.live()[0]);
    const [at, id = '', incarnation = ''] = fromToken(cursor, 2);
    const gateway = this.gateways.live().find((live) => live.id === id && live.incarnation === incarnation);
    return gateway ? { gateway, at } : this.after({ role: '', id, incarnation });
  }

  private after(gateway: Member): Place | undefined {
    return this.first(this.gateways.live().find((live) => placeOf(live) > placeOf(gateway)));
  }

  private first(gateway: Member | undefined): Place | undefined {
    return gateway && { gateway, at: START };
  }
}
