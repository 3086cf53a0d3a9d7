import type { SyncReply, SyncRequest } from '#contract';
import { messageEvent, type SyncCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Inboxes } from '../../upstream/inboxes.js';
import { Reply } from '../../upstream/reply.js';
import { SyncDto } from './sync.dto.js';

const DEFAULT_LIMIT = 100;

/** `sync` (PROTOCOL.md §2): a page of the log, whatever has been delivered; moves no cursor. */
@CommandHandler('sync', SyncDto)
export class SyncHandler implements Handler<SyncCommand> {
  constructor(private readonly inboxes: Inboxes) {}

  handle(session: Session, command: SyncCommand): void {
    const { ref } = command;
    const answer = ({ entries, hasMore, epoch }: SyncReply) =>
      ({ type: 'synced', ref, messages: entries.map(messageEvent), hasMore, epoch }) as const;
    this.inboxes.sync(requestOf(session.identity!.userId, command), new Reply(session, ref, answer));
  }
}

function requestOf(userId: string, command: SyncCommand): SyncRequest {
  const { conversation, lastMessageId, lastSyncTime, limit } = command;
  return {
    userId,
    conversation: conversation ?? undefined,
    lastMessageId: lastMessageId ?? undefined,
    lastSyncTime: lastSyncTime ?? undefined,
    limit: limit ?? DEFAULT_LIMIT,
  };
}
