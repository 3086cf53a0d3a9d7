import { Inject, Injectable } from '@nestjs/common';
import { ROLE, ROUTER, type PostRequest, type SendReply, type SendRequest } from '#contract';
import { byKey, type AskOptions, type Mesh } from '#mesh';
import { MESH } from '#service';

const TIMEOUT_MS = 10_000;
const ONCE: AskOptions = { timeoutMs: TIMEOUT_MS, idempotent: false };
const REPEATABLE: AskOptions = { timeoutMs: TIMEOUT_MS, idempotent: true };

const asked = ({ id }: { readonly id?: string }): AskOptions => (id === undefined ? ONCE : REPEATABLE);

/**
 * Sends messages as a gateway would: to the router that owns the recipient, which may be this one. Rejects with `MeshError`; its `remoteCode`
 * is a `REFUSAL` where the router said no.
 */
@Injectable()
export class Sending {
  constructor(@Inject(MESH) private readonly mesh: Mesh) {}

  /** To a user's inbox. */
  send(request: SendRequest): Promise<SendReply> {
    return this.mesh.ask<SendReply>(byKey(ROLE.router, request.to), ROUTER.send, request, asked(request));
  }

  /** To a conversation; `from` must be a member. */
  post(request: PostRequest): Promise<SendReply> {
    return this.mesh.ask<SendReply>(byKey(ROLE.router, request.conversation), ROUTER.post, request, asked(request));
  }
}
