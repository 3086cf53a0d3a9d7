import type { ReplyTo } from '#actor';
import type {
  RegisterReply,
  RegisterRequest,
  RemoveReply,
  RemoveRequest,
  SetStatusReply,
  SetStatusRequest,
} from '#contract';
import type { RemoveResult, Visible } from '#engine';
import type { MeshRequest } from '#mesh';
import type { Announcement } from './transitions.js';

/** A request to register, on the mesh of its own or one of many. */
export type RegisterCall = Pick<MeshRequest<RegisterRequest, RegisterReply>, 'data' | 'reply' | 'fail'>;

export class Register {
  constructor(readonly request: RegisterCall) {}
}

export class Remove {
  constructor(readonly request: MeshRequest<RemoveRequest, RemoveReply>) {}
}

export class SetStatus {
  constructor(readonly request: MeshRequest<SetStatusRequest, SetStatusReply>) {}
}

/** The sweep has asked the engine to remove a connection of the user's; this is what it answered. */
export class Swept {
  constructor(readonly result: RemoveResult) {}
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

export type PresenceMail = Register | Remove | Swept | SetStatus | Look | typeof GRACE | typeof PUSH;
