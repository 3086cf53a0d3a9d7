import { Injectable } from '@nestjs/common';
import type { ActorKind } from '#actor';
import { OVERLOADED, refuse, UNAVAILABLE, type AckNotice } from '#contract';
import { RouterStats } from '../router-stats.js';
import { Backlog } from './backlog.js';
import type { Sent } from './batch.js';
import type { AckRequest } from './cursors.js';
import { Ack, type LogMail } from './log.actor.js';

/** The way into the mailboxes of logs: what does not fit is refused, and its sender told. */
@Injectable()
export class Admission {
  constructor(
    private readonly backlog: Backlog,
    private readonly stats: RouterStats,
  ) {}

  admit<S extends Sent>(logs: ActorKind<LogMail<S>>, key: string, send: S): void {
    const bytes = send.data.body.byteLength;
    const told = this.backlog.admit(bytes) ? logs.tell(key, send) : 'heavy';
    if (told === 'ok') return;
    if (told !== 'heavy') this.backlog.release(bytes);
    if (told === 'dead') return refuse(send, UNAVAILABLE);
    this.stats.overloaded += 1;
    refuse(send, OVERLOADED);
  }

  /**
   * An ack that finds the mailbox full is dropped if nobody waits for an answer: the reader's next one covers it, and the loss of a last
   * one costs a replay, as the loss of its packet would.
   */
  acknowledge<S extends Sent>(logs: ActorKind<LogMail<S>>, key: string, notice: AckNotice, request?: AckRequest): void {
    const told = logs.tell(key, new Ack(notice, request));
    if (told === 'ok') return;
    this.stats.acksDropped += 1;
    if (request) refuse(request, told === 'dead' ? UNAVAILABLE : OVERLOADED);
  }
}
