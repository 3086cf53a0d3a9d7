import type { ActorKind, KindProps } from '#actor';
import { scripted, Stage, type Script } from './stage.suite.js';

export const IDLE_MS = 800;

/** A kind whose activations note what they see, each with its number; and that no two of a key are ever active at once. */
export class Activations {
  readonly stage = new Stage();
  readonly log: string[] = [];
  readonly kind: ActorKind<string>;
  private made = 0;
  private readonly active = new Set<string>();

  constructor(script: Script<string> = {}, props: Partial<KindProps<string>> = {}) {
    this.kind = this.stage.system.register({ kind: 'k', idleMs: IDLE_MS, create: () => this.create(script), ...props });
  }

  private create(script: Script<string>) {
    const id = ++this.made;
    const { log, active } = this;
    return scripted<string>({
      ...script,
      started: (context) => {
        if (active.has(context.key)) throw new Error('two at once');
        active.add(context.key);
        return script.started?.(context);
      },
      receive: (message, context) => {
        log.push(`${id} ${message}`);
        return script.receive?.(message, context);
      },
      stopped: async (context) => {
        await script.stopped?.(context);
        active.delete(context.key);
        log.push(`${id} stopped`);
      },
    })();
  }
}
