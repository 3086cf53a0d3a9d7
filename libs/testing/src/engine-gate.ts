import type { Engine } from '#engine';

/** The parts of an engine whose calls can be held. */
type Parts = Pick<Engine, 'log' | 'presence' | 'watchers' | 'conversations'>;
type Method = { [P in keyof Parts]: keyof Parts[P] }[keyof Parts];
type Call = (...args: never[]) => Promise<unknown>;

interface Hold {
  readonly where: 'before' | 'after';
  readonly arrive: () => void;
  readonly opened: Promise<Error | undefined>;
}

/** One call that a test holds. */
export interface HeldCall {
  /** Resolves when the call has come to the gate. */
  readonly arrived: Promise<void>;
  /** Lets it go on; with an error: the caller gets that, whatever the engine did. */
  release(error?: Error): void;
}

/**
 * Forces interleavings: a real engine whose calls a test can hold, before they reach the engine or with the engine's answer in hand
 * ("stored, but nobody knows yet").
 */
export class EngineGate {
  readonly engine: Engine;
  private readonly holds = new Map<Method, Hold[]>();
  private readonly counts = new Map<Method, number>();
  private readonly away = new Map<Method, Error>();

  constructor(real: Engine) {
    const { log, presence, watchers, conversations } = real;
    const parts: Parts = {
      log: this.guard(log),
      presence: this.guard(presence),
      watchers: this.guard(watchers),
      conversations: this.guard(conversations),
    };
    this.engine = new Proxy(real, {
      get: (target, name) => {
        const value: unknown = Reflect.get(name in parts ? parts : target, name);
        return typeof value === 'function' ? (value as Call).bind(target) : value;
      },
    });
  }

  /** Holds the next call of `method` that no other hold waits for. */
  hold(method: Method, where: 'before' | 'after'): HeldCall {
    let arrive = (): void => undefined;
    let release: HeldCall['release'] = () => undefined;
    const arrived = new Promise<void>((done) => (arrive = done));
    const opened = new Promise<Error | undefined>((done) => (release = done));
    this.holds.set(method, [...(this.holds.get(method) ?? []), { where, arrive, opened }]);
    return { arrived, release };
  }

  /** From now on calls of `method` fail without reaching the engine; without an error: no more. */
  fail(method: Method, error?: Error): void {
    if (error) this.away.set(method, error);
    else this.away.delete(method);
  }

  /** How often `method` was called, held and failed calls included. */
  calls(method: Method): number {
    return this.counts.get(method) ?? 0;
  }

  private guard<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: never[]) => this.pass(name as Method, (value as Call).bind(target), args);
      },
    });
  }

  private async pass(method: Method, call: Call, args: never[]): Promise<unknown> {
    this.counts.set(method, this.calls(method) + 1);
    const error = this.away.get(method);
    if (error) throw error;
    const hold = this.holds.get(method)?.shift();
    if (!hold) return call(...args);
    if (hold.where === 'before') {
      await this.wait(hold);
      return call(...args);
    }
    const answer = await call(...args);
    await this.wait(hold);
    return answer;
  }

  private async wait(hold: Hold): Promise<void> {
    hold.arrive();
    const error = await hold.opened;
    if (error) throw error;
  }
}
