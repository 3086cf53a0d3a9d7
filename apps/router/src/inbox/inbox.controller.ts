import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { InjectActorKind, type ActorKind } from '#actor';
import { ROUTER, type CopyRequest, type SendReply } from '#contract';
import type { MeshRequest } from '#mesh';
import { Admission } from '../log/admission.js';
import { Copy, type Send } from './copies.js';
import { InboxActor, type InboxMail } from './inbox.actor.js';

/** What is written to inboxes, frame by frame, on its way into their mailboxes. */
@Controller()
export class InboxController {
  constructor(
    @InjectActorKind(InboxActor) private readonly inboxes: ActorKind<InboxMail>,
    private readonly admission: Admission,
  ) {}

  @MessagePattern(ROUTER.send, undefined, { batch: true })
  send(requests: readonly Send[]): void {
    for (const request of requests) this.admission.admit(this.inboxes, request.data.to, request);
  }

  @MessagePattern(ROUTER.copy, undefined, { batch: true })
  copy(requests: readonly MeshRequest<CopyRequest, SendReply>[]): void {
    for (const request of requests) this.admission.admit(this.inboxes, request.data.sender, new Copy(request));
  }
}
