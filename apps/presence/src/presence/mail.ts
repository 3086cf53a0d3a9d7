import type { ReplyTo } from '#actor';
import type {
  RegisterReply,
  RegisterRequest,
  RemoveReply,
  RemoveRequest,
  SetStatusReply,
  SetStatusRequest,
} from '#contract';
import type { Visible } from '#engine';
import type { MeshRequest } from '#mesh';
import type { Announcement } from './transitions.js';

export class Register {
  constructor(readonly request: MeshRequest<RegisterRequest, RegisterReply>) {}
}

export class Remove {
  constructor(readonly request: MeshRequest<RemoveRequest, RemoveReply>) {}
}

export class SetStatus {
  constructor(readonly request: MeshRequest<SetStatusRequest, SetStatusReply>) {}
}

/** The engine has just answered with `visible` for somebody who asked: what shall they be told? */
export class Look {
  constructor(
    readonly visible: Visible,
    readonly replyTo: ReplyTo<Announcement>,
  ) {}
}

/** The grace timer, or a part of it, has run. */
export const GRACE = Symbol('grace');
/** The last announcement could not be pushed: once more. */
export const PUSH = Symbol('push');

export type PresenceMail = Register | Remove | SetStatus | Look | typeof GRACE | typeof PUSH;
