import type { Layout, Layouts } from '#mesh';
import { GATEWAY, type ConversationNotice, type DeliverNotice, type ReceiptNotice } from './gateway.js';
import { registerReply, registerRequest, removeReply, removeRequest } from './connection-layouts.js';
import { PRESENCE } from './presence.js';
import {
  ROUTER,
  type AckNotice,
  type CopyRequest,
  type OpenReply,
  type OpenRequest,
  type PostRequest,
} from './router.js';
import type { ReadReply, SendReply, SendRequest, WireEntry } from './router.js';

const sendRequest: Layout<SendRequest> = {
  fields: 5,
  write(out, { to, from, id, body, ephemeral }) {
    out.text(to);
    out.text(from);
    out.text(id);
    out.bytes(body);
    out.flag(ephemeral);
  },
  read: (from) => ({
    to: from.text(),
    from: from.text(),
    id: from.maybeText(),
    body: from.bytes(),
    ephemeral: from.maybeFlag(),
  }),
};

const postRequest: Layout<PostRequest> = {
  fields: 6,
  write(out, { conversation, from, id, body, ephemeral, mayJoin }) {
    out.text(conversation);
    out.text(from);
    out.text(id);
    out.bytes(body);
    out.flag(ephemeral);
    out.flag(mayJoin);
  },
  read: (from) => ({
    conversation: from.text(),
    from: from.text(),
    id: from.maybeText(),
    body: from.bytes(),
    ephemeral: from.maybeFlag(),
    mayJoin: from.maybeFlag(),
  }),
};

const copyRequest: Layout<CopyRequest> = {
  fields: 5,
  write(out, { sender, to, messageId, epoch, body }) {
    out.text(sender);
    out.text(to);
    out.number(messageId);
    out.text(epoch);
    out.bytes(body);
  },
  read: (from) => ({
    sender: from.text(),
    to: from.text(),
    messageId: from.number(),
    epoch: from.text(),
    body: from.bytes(),
  }),
};

const sendReply: Layout<SendReply> = {
  fields: 3,
  write(out, { messageId, timestamp, duplicate }) {
    out.number(messageId);
    out.number(timestamp);
    out.flag(duplicate);
  },
  read: (from) => ({ messageId: from.number(), timestamp: from.number(), duplicate: from.flag() }),
};

const wireEntry: Layout<WireEntry> = {
  fields: 3,
  write(out, { messageId, timestamp, body }) {
    out.number(messageId);
    out.number(timestamp);
    out.bytes(body);
  },
  read: (from) => ({ messageId: from.number(), timestamp: from.number(), body: from.bytes() }),
};

const openRequest: Layout<OpenRequest> = {
  fields: 5,
  write(out, { userId, device, lastMessageId, epoch, limit }) {
    out.text(userId);
    out.text(device);
    out.number(lastMessageId);
    out.text(epoch);
    out.number(limit);
  },
  read: (from) => ({
    userId: from.text(),
    device: from.maybeText(),
    lastMessageId: from.maybeNumber(),
    epoch: from.maybeText(),
    limit: from.number(),
  }),
};

const openReply: Layout<OpenReply> = {
  fields: 5,
  write(out, { epoch, lastMessageId, cursor, resumed, entries }) {
    out.text(epoch);
    out.number(lastMessageId);
    out.number(cursor);
    out.flag(resumed);
    out.list(wireEntry, entries);
  },
  read: (from) => ({
    epoch: from.text(),
    lastMessageId: from.number(),
    cursor: from.number(),
    resumed: from.flag(),
    entries: from.list(wireEntry),
  }),
};

const readReply: Layout<ReadReply> = {
  fields: 4,
  write(out, { epoch, lastMessageId, firstMessageId, entries }) {
    out.text(epoch);
    out.number(lastMessageId);
    out.number(firstMessageId);
    out.list(wireEntry, entries);
  },
  read: (from) => ({
    epoch: from.text(),
    lastMessageId: from.number(),
    firstMessageId: from.number(),
    entries: from.list(wireEntry),
  }),
};

const ackNotice: Layout<AckNotice> = {
  fields: 6,
  write(out, { userId, conversation, device, messageId, epoch, status }) {
    out.text(userId);
    out.text(conversation);
    out.text(device);
    out.number(messageId);
    out.text(epoch);
    out.flag(status === 'read');
  },
  read: (from) => ({
    userId: from.text(),
    conversation: from.maybeText(),
    device: from.maybeText(),
    messageId: from.number(),
    epoch: from.text(),
    status: from.flag() ? 'read' : 'delivered',
  }),
};

/** An engine may write it too: `Publication` in libs/engine. */
const deliverNotice: Layout<DeliverNotice> = {
  fields: 3,
  write(out, { userId, epoch, entries }) {
    out.text(userId);
    out.text(epoch);
    out.list(wireEntry, entries);
  },
  read: (from) => ({ userId: from.text(), epoch: from.text(), entries: from.list(wireEntry) }),
};

const conversationNotice: Layout<ConversationNotice> = {
  fields: 3,
  write(out, { conversation, epoch, entries }) {
    out.text(conversation);
    out.text(epoch);
    out.list(wireEntry, entries);
  },
  read: (from) => ({ conversation: from.text(), epoch: from.text(), entries: from.list(wireEntry) }),
};

const receiptNotice: Layout<ReceiptNotice> = {
  fields: 5,
  write(out, { userId, to, messageId, status, timestamp }) {
    out.text(userId);
    out.text(to);
    out.number(messageId);
    out.flag(status === 'read');
    out.number(timestamp);
  },
  read: (from) => ({
    userId: from.text(),
    to: from.text(),
    messageId: from.number(),
    status: from.flag() ? 'read' : 'delivered',
    timestamp: from.number(),
  }),
};

/** How what is sent for every message and for every connection, and what carries messages by the page, travels between the apps. What is not listed travels with field names. */
export const LAYOUTS: Layouts = {
  [ROUTER.send]: { data: sendRequest, reply: sendReply },
  [ROUTER.post]: { data: postRequest, reply: sendReply },
  [ROUTER.copy]: { data: copyRequest, reply: sendReply },
  [PRESENCE.register]: { data: registerRequest, reply: registerReply },
  [PRESENCE.remove]: { data: removeRequest, reply: removeReply },
  [ROUTER.open]: { data: openRequest, reply: openReply },
  [ROUTER.subscribe]: { reply: openReply },
  [ROUTER.read]: { reply: readReply },
  [ROUTER.readConversation]: { reply: readReply },
  [ROUTER.ack]: { data: ackNotice },
  [GATEWAY.deliver]: { data: deliverNotice },
  [GATEWAY.conversation]: { data: conversationNotice },
  [GATEWAY.receipt]: { data: receiptNotice },
};
