import type { Acknowledged, Acknowledgement, Watermarks } from '../port.js';
import type { LogHead } from './log-store.js';
import type { Member } from './member-store.js';

/** Devices whose cursors an inbox remembers. */
const DEVICES_REMEMBERED = 64;

export const NOWHERE: Watermarks = Object.freeze({ delivered: 0, read: 0 });

export function unmoved({ delivered, read }: Watermarks): Acknowledged {
  return { delivered, read, deliveredBefore: delivered, readBefore: read };
}

/** Forward only, never past `last`; what is read has been delivered. */
export function advance(from: Watermarks, { messageId, status }: Acknowledgement, last: number): Acknowledged {
  const id = Math.min(messageId, last);
  const delivered = Math.max(from.delivered, id);
  const read = status === 'read' ? Math.max(from.read, id) : from.read;
  return { delivered, read, deliveredBefore: from.delivered, readBefore: from.read };
}

/** Moves an inbox's watermarks and the device's cursor. */
export function advanceOwner(head: LogHead, ack: Acknowledgement, now: number): Acknowledged {
  const from = { delivered: head.cursor, read: head.read };
  if (ack.epoch !== head.epoch) return unmoved(from);
  const after = advance(from, ack, head.last);
  head.cursor = after.delivered;
  head.read = after.read;
  if (ack.device !== undefined) moveDevice(head, ack.device, Math.min(ack.messageId, head.last), now);
  return after;
}

function moveDevice(head: LogHead, device: string, id: number, now: number): void {
  const known = head.devices.findIndex(([name]) => name === device);
  if (id <= (head.devices[known]?.[1] ?? 0)) return;
  if (known >= 0) head.devices.splice(known, 1);
  head.devices.push([device, id, now]);
  if (head.devices.length > DEVICES_REMEMBERED) head.devices.shift();
}

/** Those of a member in the life of the log that `epoch` names. */
export function watermarksOf(member: Member | undefined, epoch: string | undefined): Watermarks {
  return member && member.epoch === epoch ? { delivered: member.delivered, read: member.read } : NOWHERE;
}
