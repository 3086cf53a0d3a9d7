import { BaseRpcContext } from '@nestjs/microservices';
import type { Origin } from '../request.js';

/** The `@Ctx()` of a handler. */
export class MeshContext extends BaseRpcContext<[pattern: string, from: Origin, trace: string | undefined]> {
  get pattern(): string {
    return this.args[0];
  }

  /** Who sent it: its address `role:id` and incarnation. */
  get from(): Origin {
    return this.args[1];
  }

  /** W3C `traceparent`; undefined without one and for a batch (there each request has its own). */
  get trace(): string | undefined {
    return this.args[2];
  }
}
