import { Inject, Module, type DynamicModule, type OnModuleInit, type Provider } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Actor, KindProps } from '../actor.js';
import { ActorSystem } from '../system.js';
import { resolveDependencies } from './dependencies.js';
import { actorKindToken, virtualActorOptions, type ActorType } from './virtual-actor.js';

/** One class of actors in one application: what it is made with, once that is resolved. */
class Blueprint {
  private dependencies: readonly unknown[] | undefined = undefined;

  constructor(readonly type: ActorType<unknown>) {}

  async resolve(host: ModuleRef): Promise<void> {
    this.dependencies = await resolveDependencies(this.type, host);
  }

  get props(): KindProps<unknown> {
    return { ...virtualActorOptions(this.type), create: () => this.create() };
  }

  private create(): Actor<unknown> {
    if (this.dependencies === undefined)
      throw new Error(
        `${this.type.name} was told something before its module's onModuleInit: its dependencies are not there yet`,
      );
    return new this.type(...(this.dependencies as readonly never[]));
  }
}

/**
 * `ActorModule.forFeature`: the kinds are injectable everywhere in the importing module from the start; the actors' own dependencies are
 * resolved in `onModuleInit`, when all providers exist, so that an actor may depend on what depends on its kind.
 */
@Module({})
export class ActorFeature implements OnModuleInit {
  constructor(
    @Inject(Blueprint) private readonly blueprints: readonly Blueprint[],
    private readonly modules: ModulesContainer,
  ) {}

  static of(types: readonly ActorType<unknown>[]): DynamicModule {
    const kinds = types.map((type, at): Provider => ({
      provide: actorKindToken(type),
      useFactory: (system: ActorSystem, blueprints: readonly Blueprint[]) => system.register(blueprints[at]!.props),
      inject: [ActorSystem, Blueprint],
    }));
    const blueprints = { provide: Blueprint, useFactory: () => types.map((type) => new Blueprint(type)) };
    return { module: ActorFeature, providers: [blueprints, ...kinds], exports: types.map(actorKindToken) };
  }

  async onModuleInit(): Promise<void> {
    const host = this.host();
    for (const blueprint of this.blueprints) await blueprint.resolve(host);
  }

  /** The module that imports this one: its providers are what the actors may depend on. */
  private host(): ModuleRef {
    const all = [...this.modules.values()];
    const own = all.find((module) => module.metatype === ActorFeature && (module.instance as unknown) === this);
    const host = all.find((module) => own !== undefined && module.imports.has(own));
    return host!.getProviderByKey<ModuleRef>(ModuleRef).instance;
  }
}
