import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { MembershipListener } from '../mesh.js';
import type { MeshNode } from '../node.js';
import type { MeshRequest, Origin } from '../request.js';
import { refusalOf } from './failure.js';
import { MeshContext } from './mesh-context.js';

/** What `on` hears; the listener's arguments are those of `MembershipListener`. */
export type MeshServerEvents = {
  joined: NonNullable<MembershipListener['onJoined']>;
  left: NonNullable<MembershipListener['onLeft']>;
  fenced: NonNullable<MembershipListener['onFenced']>;
  reconnected: NonNullable<MembershipListener['onReconnected']>;
};

/** What Nest's router makes of a controller's method: guards, pipes, interceptors and filters included. */
type Handler = (data: unknown, context: MeshContext) => Promise<unknown>;

/**
 * The mesh as a Nest transport: `@MessagePattern` answers asks, `@EventPattern` takes tells. With the extras `{ batch: true }` a method is called
 * once a frame, with an array of payloads (events) or of `MeshRequest`s (messages), which it answers one by one; what it returns is
 * ignored, and if it throws, the requests it has not answered fail. Joins the mesh on `listen`, leaves it on `close`.
 */
export class MeshServer
  extends Server<MeshServerEvents, 'connected' | 'disconnected'>
  implements CustomTransportStrategy
{
  override readonly transportId = Symbol('mesh');
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly node: MeshNode) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    for (const [pattern, handler] of this.messageHandlers) this.register(pattern, handler);
    this.unsubscribe = this.node.subscribe({
      onFenced: () => this._status$.next('disconnected'),
      onReconnected: () => this._status$.next('connected'),
    });
    try {
      await this.node.join();
    } catch (error) {
      return callback(error);
    }
    this._status$.next('connected');
    callback();
  }

  async close(): Promise<void> {
    this.unsubscribe?.();
    await this.node.leave();
    this._status$.next('disconnected');
  }

  override on<E extends keyof MeshServerEvents>(event: E, callback: MeshServerEvents[E]): void {
    const names = { joined: 'onJoined', left: 'onLeft', fenced: 'onFenced', reconnected: 'onReconnected' } as const;
    this.node.subscribe({ [names[event]]: callback });
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- Nest's signature
  override unwrap<T = MeshNode>(): T {
    return this.node as T;
  }

  private register(pattern: string, handler: MessageHandler): void {
    const handle = handler as Handler;
    const batch = handler.extras?.['batch'] === true;
    if (!batch) this.node.handle(pattern, { one: (request) => this.one(pattern, handle, request) });
    else if (handler.isEventHandler) {
      this.node.handle(pattern, {
        many: (requests, from) => this.events(pattern, handle, requests, from),
      });
    } else {
      this.node.handle(pattern, {
        many: (requests, from) => this.messages(pattern, handle, requests, from),
      });
    }
  }

  private one(pattern: string, handle: Handler, request: MeshRequest): void {
    const context = new MeshContext([pattern, request.from, request.trace]);
    this.run(context, async () => {
      try {
        request.reply(await settled(handle(request.data, context)));
      } catch (error) {
        this.refuse(request, error);
      }
    });
  }

  private events(pattern: string, handle: Handler, requests: readonly MeshRequest[], from: Origin): void {
    const payloads = requests.map((request) => request.data);
    const context = new MeshContext([pattern, from, undefined]);
    this.run(context, async () => {
      try {
        await settled(handle(payloads, context));
      } catch (error) {
        this.report(error);
      }
    });
  }

  private messages(pattern: string, handle: Handler, requests: readonly MeshRequest[], from: Origin): void {
    const context = new MeshContext([pattern, from, undefined]);
    this.run(context, async () => {
      try {
        await settled(handle(requests, context));
      } catch (error) {
        const { code, message, retryAfterMs } = refusalOf(error);
        this.report(error);
        for (const request of requests) request.fail(code, message, retryAfterMs);
      }
    });
  }

  private run(context: MeshContext, work: () => Promise<void>): void {
    this.runWithProcessingHooks(context, async (ended) => {
      await work();
      ended();
    });
  }

  private refuse(request: MeshRequest, error: unknown): void {
    const { code, message, retryAfterMs } = refusalOf(error);
    this.report(error);
    request.fail(code, message, retryAfterMs);
  }

  /** Nest's exception filter has logged what a handler threw and hands on plain objects; an `Error` has got past it. */
  private report(error: unknown): void {
    if (error instanceof Error) this.logger.error(error);
  }
}

/** The value of a handler: of its promise, the last one of its observable. */
async function settled(result: Promise<unknown>): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}
