import type { ConversationsReply } from '#contract';
import type { ConversationsCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Conversations } from '../../upstream/conversations.js';
import { Reply } from '../../upstream/reply.js';
import { ConversationsDto } from './conversations.dto.js';

const DEFAULT_LIMIT = 100;

/** `conversations` (PROTOCOL.md §2): those that the user is a member of, newest first. */
@CommandHandler('conversations', ConversationsDto)
export class ConversationsHandler implements Handler<ConversationsCommand> {
  constructor(private readonly conversations: Conversations) {}

  handle(session: Session, { limit, after, ref }: ConversationsCommand): void {
    const { userId } = session.identity!;
    const answer = ({ conversations }: ConversationsReply) => ({ type: 'conversations', ref, conversations }) as const;
    const request = { userId, limit: limit ?? DEFAULT_LIMIT, after: after ?? undefined };
    this.conversations.list(request, new Reply(session, ref, answer));
  }
}
