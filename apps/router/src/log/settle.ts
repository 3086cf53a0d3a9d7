import type { WireEntry } from '#contract';
import type { Appended } from '#engine';
import type { Sendable } from './batch.js';

/**
 * Up to which id of which life of the log live packets have gone out from here. A session that was sent an id reads what it lacks below
 * it, so everything up to `messageId` is known, or will be, wherever it matters.
 */
export interface Covered {
  readonly epoch: string;
  readonly messageId: number;
}

export const NOTHING_COVERED: Covered = { epoch: '', messageId: 0 };

/** What an engine call says of a batch. */
export interface Outcome {
  readonly epoch: string;
  /** One for each send that is stored, in order. */
  readonly appended: readonly Appended[];
  /** Authors who may not even send ephemeral messages. */
  readonly strangers?: ReadonlySet<string>;
  /** Nobody has ever registered as the recipient, and that is asked: ephemeral messages are refused too. */
  readonly unknown?: boolean;
}

export interface Settled {
  /** One for each send, in order. */
  readonly replies: readonly Appended[];
  /** What goes to the live connections, ids strictly rising, ephemeral ones in their place. */
  readonly live: readonly WireEntry[];
  readonly accepted: number;
  readonly duplicates: number;
  readonly refusals: number;
  readonly covered: Covered;
}

/**
 * What an append (or, for ephemeral ones alone, a look-up) means for each send of its batch.
 *
 * A duplicate is answered and as a rule not delivered again. Above `covered` it is: its first append may have been stored while the
 * answer was lost, or the router that made it may have died before it delivered. Nobody has then told the live sessions, and the
 * sender's repetition is the only one who will (sessions drop what they have sent already).
 */
export function settle(batch: readonly Sendable[], outcome: Outcome, covered: Covered, now: number): Settled {
  const replies: Appended[] = [];
  const live: WireEntry[] = [];
  let top = outcome.epoch === covered.epoch ? covered.messageId : 0;
  let accepted = 0;
  let duplicates = 0;
  let refusals = 0;
  let stored = 0;
  for (const { data } of batch) {
    const reply = data.ephemeral ? passedOn(data.from, outcome, now) : outcome.appended[stored++];
    if (!reply) throw new Error(`the engine answered ${outcome.appended.length} of ${stored} appends`);
    replies.push(reply);
    if (reply.refused) refusals += 1;
    else if (reply.duplicate) duplicates += 1;
    else if (!data.ephemeral) accepted += 1;
    if (reply.refused || (!data.ephemeral && reply.messageId <= top)) continue;
    live.push({ messageId: reply.messageId, timestamp: reply.timestamp, body: data.body });
    top = Math.max(top, reply.messageId);
  }
  const moved = stored > 0 ? { epoch: outcome.epoch, messageId: top } : covered;
  return { replies, live, accepted, duplicates, refusals, covered: moved };
}

function passedOn(author: string, { strangers, unknown }: Outcome, now: number): Appended {
  if (unknown) return { messageId: 0, timestamp: now, duplicate: false, refused: 'unknown_recipient' };
  if (strangers?.has(author)) return { messageId: 0, timestamp: now, duplicate: false, refused: 'not_member' };
  return { messageId: 0, timestamp: now, duplicate: false };
}

/** Distinct gateways of some connections, in order of first mention. */
export function gatewaysOf(connections: readonly { readonly gatewayId: string }[]): readonly string[] {
  const gateways: string[] = [];
  for (const { gatewayId } of connections) if (!gateways.includes(gatewayId)) gateways.push(gatewayId);
  return gateways;
}
