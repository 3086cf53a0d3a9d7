import type { Publication, Turn } from './publication.js';

/** A live instance as this process sees it. */
export interface Member {
  readonly role: string;
  readonly id: string;
  readonly incarnation: string;
}

/** Whom a packet is for: one instance, the instance that a key is placed on, or every instance of a role. */
export type Destination =
  | { readonly role: string; readonly id: string }
  | { readonly role: string; readonly key: string }
  | { readonly role: string; readonly all: true };

/** One instance's address. */
export const instance = (role: string, id: string): Destination => ({ role, id });
/** The live instance of `role` that owns `key` (rendezvous hashing). */
export const byKey = (role: string, key: string): Destination => ({ role, key });
/** Every live instance of `role`. Tells only. */
export const everyone = (role: string): Destination => ({ role, all: true });

export interface AskOptions {
  /** Mandatory: milliseconds until the ask fails with `timeout`. */
  readonly timeoutMs: number;
  /**
   * The receiver may handle it twice without harm. Then, for a destination by key, an ask whose member is lost goes to the new
   * owner within the same timeout, in the order of the first sending.
   */
  readonly idempotent?: boolean;
  /** W3C `traceparent`. */
  readonly trace?: string;
}

/** Where the answer of `request` goes: the callback form of `ask` for hot paths, without a promise or a closure a message. */
export interface AskSink<R> {
  onReply(reply: R): void;
  onError(error: MeshError): void;
}

/**
 * - `no_member`: nobody live plays that role (or that instance is not live).
 * - `member_left`: the instance left or died before it answered.
 * - `timeout`: no answer in time.
 * - `remote`: the handler failed; `remoteCode` is the code it threw.
 * - `stopped`: this mesh has been stopped.
 */
export type MeshErrorCode = 'no_member' | 'member_left' | 'timeout' | 'remote' | 'stopped';

export class MeshError extends Error {
  override readonly name = 'MeshError';
  constructor(
    readonly code: MeshErrorCode,
    message: string,
    /** With `remote`: the code that the handler threw, e.g. `overloaded`. */
    readonly remoteCode?: string,
    /** With `remote`: when to try again, ms. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** Hears of others; this process's own joining and leaving is not told. */
export interface MembershipListener {
  onJoined?(member: Member): void;
  /** The member's lease ended (`expired`) or it said goodbye (`left`). */
  onLeft?(member: Member, reason: 'left' | 'expired'): void;
  /**
   * This process must fence itself. `lapsed`: its lease could not be renewed in time; it is held again as soon as the store answers, and
   * `onReconnected` says so. `taken`: another process has its id now; over for good, nothing is sent or heard any more.
   */
  onFenced?(reason: 'lapsed' | 'taken'): void;
  /**
   * The lease had ended, and is held again by a new incarnation (`self.incarnation`): the others have given up the former one for dead, and
   * what was registered under it is being removed. `onReconnected` follows.
   */
  onRenewed?(): void;
  /** The carrier or the lease is back after a gap: frames may have been missed. */
  onReconnected?(): void;
  /** That member could not send for a while: what it told this process meanwhile is lost. */
  onMissed?(member: Member): void;
}

/**
 * How apps talk. Packets for one address within one event-loop turn travel in one frame; packets from one sender to one address keep
 * their order.
 */
export interface Mesh {
  /** This process: its id is unique among live instances; the incarnation is random per start, and changes with `onRenewed`. */
  readonly self: { readonly id: string; readonly incarnation: string; readonly roles: readonly string[] };
  /** Joined and able to send just now. */
  readonly connected: boolean;
  /** At most once. False when no live member matches: nothing was sent. */
  tell(to: Destination, pattern: string, data: unknown, trace?: string): boolean;
  ask<R>(to: Destination, pattern: string, data: unknown, options: AskOptions): Promise<R>;
  request<R>(to: Destination, pattern: string, data: unknown, options: AskOptions, sink: AskSink<R>): void;
  /**
   * Another way to `tell` members of a role: by who runs in the carrier's Redis. Undefined where there is none (just now). What goes this way may
   * overtake what was told from here in turns that are not past.
   */
  publication(role: string, pattern: string): Publication | undefined;
  /** What is told now is sent in this one. */
  readonly turn: Turn;
  /** All that was told in that turn has reached the broker, or never will. */
  isPast(turn: Turn): boolean;
  /** The live owner of `key`; undefined when the role has no live member. */
  owner(role: string, key: string): Member | undefined;
  members(role: string): readonly Member[];
  /**
   * The first step of leaving: everybody stops choosing this process for keys (as long as there is another); it goes on answering what is under
   * way and what comes late. `members` still lists it.
   */
  retire(): void;
  /** True if `member` is this process. */
  isSelf(member: Member): boolean;
  /** Returns the call that ends the subscription. */
  subscribe(listener: MembershipListener): () => void;
}
