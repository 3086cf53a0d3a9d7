import { Injectable } from '@nestjs/common';

/** `starting`: engine and mesh are not joined yet; `draining`: stopping, for good. */
export type Phase = 'starting' | 'serving' | 'draining';

/** Whether new work may come here now. May throw: that is a no, with its message. */
export type ReadinessCheck = () => boolean | Promise<boolean>;

/** What `GET /health/ready` answers. An app adds checks of its own. */
@Injectable()
export class Readiness {
  private readonly added = new Map<string, ReadinessCheck>();
  private current: Phase = 'starting';

  get phase(): Phase {
    return this.current;
  }

  get checks(): ReadonlyMap<string, ReadinessCheck> {
    return this.added;
  }

  add(name: string, check: ReadinessCheck): void {
    if (this.added.has(name)) throw new Error(`readiness: ${name} is there already`);
    this.added.set(name, check);
  }

  /** Engine started, mesh joined. */
  serving(): void {
    if (this.current === 'starting') this.current = 'serving';
  }

  /** From now on not ready, whatever the checks say; there is no way back. */
  draining(): void {
    this.current = 'draining';
  }
}
