import {
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Failure } from '../supervision.js';
import { ActorSystem, type ActorSystemOptions } from '../system.js';
import { ActorFeature } from './actor-feature.js';
import type { ActorType } from './virtual-actor.js';

export interface ActorModuleOptions extends ActorSystemOptions {
  /**
   * In which of Nest's shutdown hooks all actors are stopped, and waited for. Nest's order: onModuleDestroy, beforeApplicationShutdown,
   * servers and sockets closed, onApplicationShutdown. Default `onApplicationShutdown`. Within one hook modules follow each other, those that
   * are global last: what actors need to the end (an engine) must close later, or await `ActorSystem.stop()` before it closes; it may be called
   * any number of times. `never`: the app calls it.
   */
  readonly stopOn?: 'beforeApplicationShutdown' | 'onApplicationShutdown' | 'never';
}

export interface ActorModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...dependencies: never[]) => ActorModuleOptions | Promise<ActorModuleOptions>;
}

const OPTIONS = Symbol('ActorModuleOptions');

/** Provides the application's one `ActorSystem` and stops it at shutdown. */
@Module({})
export class ActorModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly system: ActorSystem,
    @Inject(OPTIONS) private readonly options: ActorModuleOptions,
  ) {}

  /** Once, in the app's root module; the `ActorSystem` is then injectable everywhere. */
  static forRoot(options: ActorModuleOptions = {}): DynamicModule {
    return ActorModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: ActorModuleAsyncOptions): DynamicModule {
    return {
      module: ActorModule,
      global: true,
      imports: imports ?? [],
      providers: [
        { provide: OPTIONS, useFactory, inject: inject ?? [] },
        { provide: ActorSystem, useFactory: actorSystem, inject: [OPTIONS] },
      ],
      exports: [ActorSystem],
    };
  }

  /** Registers classes decorated with `@VirtualActor`; they may depend on whatever the importing module's providers may. */
  static forFeature(types: readonly ActorType<unknown>[]): DynamicModule {
    return ActorFeature.of(types);
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.options.stopOn === 'beforeApplicationShutdown') await this.system.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    if ((this.options.stopOn ?? 'onApplicationShutdown') === 'onApplicationShutdown') await this.system.stop();
  }
}

function actorSystem(options: ActorModuleOptions): ActorSystem {
  const logger = new Logger('Actor');
  const onFailure = ({ path, error, directive }: Failure): void =>
    logger.error({ err: error, actor: path, directive }, 'an actor failed');
  return new ActorSystem({ onFailure, ...options });
}
