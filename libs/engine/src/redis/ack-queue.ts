import type { Acknowledged, Acknowledgement, LogId } from '../port.js';
import { toReplyError } from './errors.js';
import { logKeys, readerKeys } from './keys.js';
import { packItems, type Item } from './pack-items.js';
import type { RedisServer, Reply } from './redis-server.js';
import { unpackReply } from './unpack-reply.js';

/** Devices whose cursors an inbox remembers. */
const DEVICES_REMEMBERED = 64;
/** One script call blocks the server for some 2 µs a reader: no more than this many readers in one. */
const READERS_PER_CALL = 256;

interface Waiting {
  readonly ack: Acknowledgement;
  readonly resolve: (moved: Acknowledged) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits for one log, in the order of the calls. */
interface Group {
  readonly log: LogId;
  readonly waiting: readonly Waiting[];
}

/**
 * Gathers all acknowledgements of one turn of the event loop into as few script calls as may be: those of a conversation's many readers, and on a
 * single server those of many logs.
 */
export class AckQueue {
  private readonly groups = new Map<string, { log: LogId; waiting: Waiting[] }>();

  constructor(private readonly server: RedisServer) {}

  acknowledge(log: LogId, ack: Acknowledgement): Promise<Acknowledged> {
    return new Promise((resolve, reject) => {
      if (this.groups.size === 0) setImmediate(this.flush);
      const name = log.kind + log.id;
      const group = this.groups.get(name);
      if (group) group.waiting.push({ ack, resolve, reject });
      else this.groups.set(name, { log, waiting: [{ ack, resolve, reject }] });
    });
  }

  private readonly flush = (): void => {
    const groups = [...this.groups.values()].flatMap(inParts);
    this.groups.clear();
    for (let from = 0; from < groups.length;) {
      const to = this.endOfCall(groups, from);
      void this.send(groups.slice(from, to));
      from = to;
    }
  };

  private endOfCall(groups: readonly Group[], from: number): number {
    let to = from;
    let readers = 0;
    do readers += (groups[to++] as Group).waiting.length;
    while (!this.server.oneSlotPerCall && readers + (groups[to]?.waiting.length ?? Infinity) <= READERS_PER_CALL);
    return to;
  }

  private async send(groups: readonly Group[]): Promise<void> {
    const [{ log }] = groups as readonly [Group];
    const keys = this.server.told(() => readerKeys(log));
    const args = [DEVICES_REMEMBERED, packItems(groups.flatMap(toItems))];
    try {
      const replies = unpackReply(await this.server.script('acknowledge', keys, args));
      groups.forEach((group, g) => settle(group, replies[g] as Reply));
    } catch (error) {
      for (const group of groups) fail(group, error);
    }
  }
}

function inParts({ log, waiting }: Group): Group[] {
  const parts: Group[] = [];
  for (let from = 0; from < waiting.length; from += READERS_PER_CALL)
    parts.push({ log, waiting: waiting.slice(from, from + READERS_PER_CALL) });
  return parts;
}

/** As lua/acknowledge.lua takes it. A `messageId` may be more than an item's 32 bits: it travels as text. */
function toItems({ log, waiting }: Group): Item[] {
  const items: Item[] = [logKeys(log).owner, waiting.length];
  for (const { ack } of waiting) items.push(ack.device ?? '', String(ack.messageId), ack.epoch, ack.status);
  return items;
}

function settle(group: Group, reply: Reply): void {
  if (!Array.isArray(reply)) return fail(group, toReplyError(String(reply)));
  const moved = reply as readonly number[];
  const at = (i: number): number => moved[i] as number;
  group.waiting.forEach(({ resolve }, i) =>
    resolve({
      delivered: at(4 * i),
      read: at(4 * i + 1),
      deliveredBefore: at(4 * i + 2),
      readBefore: at(4 * i + 3),
    }),
  );
}

function fail({ waiting }: Group, error: unknown): void {
  for (const { reject } of waiting) reject(error);
}
