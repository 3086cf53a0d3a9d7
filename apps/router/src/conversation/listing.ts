import type { ConversationsRequest, ConversationSummary } from '#contract';
import type { Membership } from '#engine';
import { pageLimit } from '../log/page.js';

const summary = ({ conversation, lastMessageId, read }: Membership): ConversationSummary => ({
  conversation,
  lastMessageId,
  read,
  unread: Math.max(0, lastMessageId - read),
});

/**
 * One page of somebody's conversations, newest first. Messages move conversations to the front between two pages: then some are named twice,
 * and whoever pages on after one that was left begins anew.
 */
export function listing(all: readonly Membership[], { after, limit }: ConversationsRequest): ConversationSummary[] {
  const from = all.findIndex(({ conversation }) => conversation === after) + 1;
  return all.slice(from, from + pageLimit(limit)).map(summary);
}
