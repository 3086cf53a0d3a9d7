import type { Layout } from '#mesh';
import type { InboxPosition } from './position.js';
import type { RegisterReply, RegisterRequest, RemoveReply, RemoveRequest, VisibleStatus } from './presence.js';

export const registerRequest: Layout<RegisterRequest> = {
  fields: 11,
  write(out, request) {
    const { userId, connectionId, gatewayId, incarnation, device, status, since, askedAt } = request;
    const { waitedMs, opens, lastMessageId } = request;
    out.text(userId);
    out.text(connectionId);
    out.text(gatewayId);
    out.text(incarnation);
    out.text(device);
    out.text(status);
    out.number(since);
    out.number(askedAt);
    out.number(waitedMs);
    out.flag(opens);
    out.number(lastMessageId);
  },
  read: (from) => ({
    userId: from.text(),
    connectionId: from.text(),
    gatewayId: from.text(),
    incarnation: from.text(),
    device: from.maybeText(),
    status: from.maybeText() as VisibleStatus | undefined,
    since: from.maybeNumber(),
    askedAt: from.maybeNumber(),
    waitedMs: from.maybeNumber(),
    opens: from.maybeFlag(),
    lastMessageId: from.maybeNumber(),
  }),
};

const inboxPosition: Layout<InboxPosition> = {
  fields: 4,
  write(out, { epoch, lastMessageId, firstMessageId, cursor }) {
    out.text(epoch);
    out.number(lastMessageId);
    out.number(firstMessageId);
    out.number(cursor);
  },
  read: (from) => ({
    epoch: from.text(),
    lastMessageId: from.number(),
    firstMessageId: from.number(),
    cursor: from.number(),
  }),
};

export const registerReply: Layout<RegisterReply> = {
  fields: 4,
  write(out, { connections, since, outranked, inbox }) {
    out.number(connections);
    out.number(since);
    out.flag(outranked);
    out.list(inboxPosition, inbox ? [inbox] : []);
  },
  read: (from) => ({
    connections: from.number(),
    since: from.number(),
    outranked: from.maybeFlag() || undefined,
    inbox: from.list(inboxPosition)[0],
  }),
};

export const removeRequest: Layout<RemoveRequest> = {
  fields: 2,
  write(out, { userId, connectionId }) {
    out.text(userId);
    out.text(connectionId);
  },
  read: (from) => ({ userId: from.text(), connectionId: from.text() }),
};

export const removeReply: Layout<RemoveReply> = {
  fields: 1,
  write: (out, { removed }) => out.flag(removed),
  read: (from) => ({ removed: from.flag() }),
};
