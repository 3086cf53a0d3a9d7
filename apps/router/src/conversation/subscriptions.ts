import { Inject, Injectable } from '@nestjs/common';
import type {
  OpenReply,
  ReadConversationRequest,
  ReadReply,
  RefreshSubscriptionsReply,
  RefreshSubscriptionsRequest,
  SubscribeRequest,
  Unsubscribe,
} from '#contract';
import type { Engine, LogId } from '#engine';
import { ENGINE } from '#service';
import { LogReader } from '../log/log-reader.js';
import { MembershipService } from './membership.service.js';

export const conversationLog = (id: string): LogId => ({ kind: 'conversation', id });

/** Which gateways hear of which conversations, and the way in for a member's session. */
@Injectable()
export class Subscriptions {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly membership: MembershipService,
    private readonly reader: LogReader,
  ) {}

  /**
   * First the live tail, then the backlog (PROTOCOL.md §4.4): once the gateway is recorded, every append names it; so what is stored before
   * the page is read is in the page (or in those after it), and what is stored after it goes to the gateway. In the other order, what is stored
   * between the two would reach nobody.
   *
   * Membership is asked for twice: before, so that a stranger records nothing; and after, since a member may be removed in between. Who is
   * removed after that is removed from a gateway that is recorded, which is therefore told. Who may join by their token is made a member first.
   */
  async subscribe(request: SubscribeRequest): Promise<OpenReply> {
    const { conversation, userId, mayJoin, gatewayId, incarnation, ...cursor } = request;
    if (mayJoin) await this.membership.join(conversation, userId);
    await this.membership.demand(conversation, userId);
    await this.engine.conversations.subscribe(conversation, { gatewayId, incarnation });
    await this.membership.demand(conversation, userId);
    return this.reader.open(conversationLog(conversation), { ...cursor, device: userId });
  }

  /**
   * The gateway's last subscriber has gone. A record that outlives its subscribers (a refused subscription leaves one) costs packets until it
   * expires, and no more.
   */
  async unsubscribe({ conversation, gatewayId, incarnation }: Unsubscribe): Promise<void> {
    await this.engine.conversations.unsubscribe(conversation, { gatewayId, incarnation });
  }

  /** Where a record was lost, it is made again before the gateway is told, so that what its sessions then read closes the gap. */
  async refresh(request: RefreshSubscriptionsRequest): Promise<RefreshSubscriptionsReply> {
    const { gatewayId, incarnation, conversations } = request;
    const gateway = { gatewayId, incarnation };
    const missing = await this.engine.conversations.refresh(gateway, conversations);
    await Promise.all(missing.map((conversation) => this.engine.conversations.subscribe(conversation, gateway)));
    return { missing };
  }

  async read({ conversation, readers, after, limit }: ReadConversationRequest): Promise<ReadReply> {
    await this.membership.demandAll(conversation, readers);
    return this.reader.read(conversationLog(conversation), { after, limit });
  }
}
