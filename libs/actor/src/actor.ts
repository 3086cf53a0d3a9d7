import type { Clock } from './clock.js';

/**
 * What became of a `tell`.
 * - `ok`: in the mailbox; it will be handled unless the actor stops first (then: dead letters).
 * - `full`: the bounded mailbox refused it; nothing was queued and the caller decides what to do.
 * - `dead`: the actor has stopped; the message was counted as a dead letter.
 */
export type TellResult = 'ok' | 'full' | 'dead';

/** Where a reply to an `ask` goes. Answering twice, or after the timeout, is a dead letter. */
export interface ReplyTo<R> {
  tell(reply: R): TellResult;
  /** Fails the ask with `error`. */
  fail(error: Error): TellResult;
}

/** The address of one actor. Refs may be held for as long as one likes; they never throw. */
export interface ActorRef<M> {
  /** `kind/key` of a virtual actor, the spawn path of another. For people and logs. */
  readonly path: string;
  tell(message: M): TellResult;
  /**
   * Sends what `make` builds around a fresh reply address and resolves with the reply.
   * Rejects with `AskTimeoutError` after `timeoutMs`, with `MailboxFullError` or `DeadLetterError` at once
   * where the mailbox refuses.
   */
  ask<R>(make: (replyTo: ReplyTo<R>) => M, timeoutMs: number): Promise<R>;
  /**
   * Asks the actor to stop: it finishes the message in hand, then runs `stopped()`. What waits becomes dead letters. What a virtual actor
   * is told after this is for its next activation.
   */
  stop(): void;
}

/** All virtual actors of one kind, by key: the first message activates, idleness passivates. */
export interface ActorKind<M> {
  readonly kind: string;
  tell(key: string, message: M): TellResult;
  ask<R>(key: string, make: (replyTo: ReplyTo<R>) => M, timeoutMs: number): Promise<R>;
  ref(key: string): ActorRef<M>;
  /** How many are active now. */
  readonly size: number;
  /**
   * Passivates those of them that `which` names without waiting for idleness: at once where nothing is to be done, and not where something is (mail,
   * a timer that keeps it active). Returns how many of those named were active; asked again until that is 0, all have ended in order.
   */
  release(which: (key: string) => boolean): number;
}

/** What an actor may touch besides its own fields. */
export interface ActorContext<M> {
  readonly self: ActorRef<M>;
  /** The key of a virtual actor, the name of a spawned one. */
  readonly key: string;
  readonly clock: Clock;
  /**
   * Takes every user message that waits in the mailbox now, oldest first, leaving it empty. For batching: an Inbox
   * handles the message it was given and these in one engine call.
   */
  takeAll(): M[];
  /** Puts the message in hand aside until `unstashAll`; false when the stash (as large as the mailbox) is full. */
  stash(): boolean;
  /** Puts what was stashed back in front of the mailbox, in order. */
  unstashAll(): void;
  /** Delivers `message` to this actor after `ms`. Starting a key again replaces its timer. Timers die with the actor. */
  startTimer(key: string, ms: number, message: M): void;
  /** As `startTimer`, over and over, every `ms`. */
  startPeriodicTimer(key: string, ms: number, message: M): void;
  cancelTimer(key: string): void;
  /** Delivers `message` to this actor once `other` has stopped (at once if it already has). */
  watch(other: ActorRef<never>, message: M): void;
  unwatch(other: ActorRef<never>): void;
  /** Starts a child: supervised by this actor, stopped with it. */
  spawn<C>(props: ActorProps<C>, name?: string): ActorRef<C>;
  /** Stops this actor after the message in hand. */
  stop(): void;
}

/**
 * One actor: private state, one message at a time, in order. An async `receive` does not overlap the next one.
 * `context` is set by the kernel after the constructor and before `started()`.
 */
export abstract class Actor<M> {
  readonly context!: ActorContext<M>;
  abstract receive(message: M): void | Promise<void>;
  /** Before the first message, and again after each restart (on the new instance). */
  started?(): void | Promise<void>;
  /** After the last message, also on passivation. Errors here are reported, never thrown on. */
  stopped?(): void | Promise<void>;
  /** On the failed instance, before it is replaced. */
  restarting?(error: unknown): void | Promise<void>;
}

/**
 * What to do with an actor whose `receive` (or `started`) threw.
 * - `resume`: keep the instance, drop the message, go on.
 * - `restart`: a new instance with the same mailbox, after the back-off.
 * - `stop`: stop it; watchers are told.
 * - `escalate`: the parent fails with the same error; at the top it is `stop`.
 */
export type Directive = 'resume' | 'restart' | 'stop' | 'escalate';

export interface Supervision {
  readonly decide: (error: unknown) => Directive;
  /** At most this many restarts within `withinMs`; one more stops the actor. */
  readonly maxRestarts: number;
  readonly withinMs: number;
  /** First back-off in ms; doubles with each restart in the window up to `maxBackoffMs`, with jitter. 0: at once. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** How to make an actor, and its limits. */
export interface ActorProps<M> {
  readonly create: () => Actor<M>;
  /** User messages that may wait; default 1,000. One more is refused with `full`. */
  readonly mailboxCapacity?: number;
  readonly supervision?: Supervision;
}

export interface KindProps<M> extends ActorProps<M> {
  readonly kind: string;
  /**
   * Passivate after this many ms without a message (at most an eighth later); default 60,000. 0: never. Not while it is busy, holds a
   * stash, or runs a timer whose message does not `keepsIdle`.
   */
  readonly idleMs?: number;
  /** Messages for which this holds do not count as activity for passivation. */
  readonly keepsIdle?: (message: M) => boolean;
}
