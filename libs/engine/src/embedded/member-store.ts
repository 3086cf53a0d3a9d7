import { createHash } from 'node:crypto';
import type { Database, RootDatabase } from 'lmdb';

/** A member of a conversation. */
export interface Member {
  readonly userId: string;
  /** Since when, ms. */
  readonly joined: number;
  /** How far the member has come, in the life of the log that `epoch` names. */
  readonly delivered: number;
  readonly read: number;
  readonly epoch: string;
}

/** A conversation in a user's list. */
interface Listed {
  readonly conversation: string;
  readonly joined: number;
}

/** Of two ids in one key of LMDB (1,978 bytes at most) each may take so many bytes; longer ones go by their hash. */
const LONGEST_PART = 512;
const LAST = Buffer.from([0xff]);

/** Who is a member of what, from both sides, and when users were last seen. All calls are made within a transaction of `GroupCommit`. */
export class MemberStore {
  private readonly byConversation: Database<Member, Buffer>;
  private readonly byUser: Database<Listed, Buffer>;
  private readonly seen: Database<number, Buffer>;

  constructor(root: RootDatabase) {
    this.byConversation = root.openDB('members', { keyEncoding: 'binary' });
    this.byUser = root.openDB('conversations', { keyEncoding: 'binary' });
    this.seen = root.openDB('seen', { keyEncoding: 'binary' });
  }

  get(conversation: string, userId: string): Member | undefined {
    return this.byConversation.get(pairKey(conversation, userId));
  }

  save(conversation: string, member: Member): void {
    this.byConversation.putSync(pairKey(conversation, member.userId), member);
    this.byUser.putSync(pairKey(member.userId, conversation), { conversation, joined: member.joined });
  }

  remove(conversation: string, userId: string): void {
    this.byConversation.removeSync(pairKey(conversation, userId));
    this.byUser.removeSync(pairKey(userId, conversation));
  }

  count(conversation: string): number {
    return this.byConversation.getKeysCount(all(conversation));
  }

  /** Members in the order of their keys, those behind `after` (undefined: from the first). */
  page(conversation: string, after: string | undefined, limit: number): Member[] {
    const { start, end } = all(conversation);
    const from = after === undefined ? start : Buffer.concat([pairKey(conversation, after), Buffer.alloc(1)]);
    return [...this.byConversation.getRange({ start: from, end, limit })].map(({ value }) => value);
  }

  conversationsOf(userId: string): Listed[] {
    return [...this.byUser.getRange(all(userId))].map(({ value }) => value);
  }

  lastSeen(userId: string): number | undefined {
    return this.seen.get(part(userId));
  }

  saveSeen(userId: string, at: number): void {
    this.seen.putSync(part(userId), at);
  }
}

function pairKey(first: string, second: string): Buffer {
  return Buffer.concat([prefix(first), part(second)]);
}

/** Its length comes first, so that no id is the beginning of another. */
function prefix(first: string): Buffer {
  const bytes = part(first);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function all(first: string): { start: Buffer; end: Buffer } {
  const start = prefix(first);
  return { start, end: Buffer.concat([start, LAST]) };
}

function part(id: string): Buffer {
  const bytes = Buffer.from(id);
  return bytes.length <= LONGEST_PART ? bytes : createHash('sha512').update(bytes).digest();
}
