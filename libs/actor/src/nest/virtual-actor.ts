import 'reflect-metadata';
import { Inject } from '@nestjs/common';
import type { Actor, KindProps } from '../actor.js';

/** What a kind is made with, besides the class. */
export type VirtualActorOptions<M> = Omit<KindProps<M>, 'create'>;

/** A class of actors. Its constructor's parameters are for the DI container. */
export type ActorType<M> = new (...dependencies: never[]) => Actor<M>;

const OPTIONS = 'switchboard:virtual-actor';

/**
 * Makes a class of actors a kind of virtual actors: `ActorModule.forFeature([InboxActor])` registers it and
 * `@InjectActorKind(InboxActor)` injects it. Constructor parameters are resolved by Nest, by type or by `@Inject(token)`.
 */
export function VirtualActor<M>(options: VirtualActorOptions<M>) {
  return (type: ActorType<M>): void => Reflect.defineMetadata(OPTIONS, options, type);
}

/** Injects the `ActorKind` of a class decorated with `@VirtualActor`. */
export function InjectActorKind(type: ActorType<unknown>): ParameterDecorator {
  return Inject(actorKindToken(type));
}

/** The token under which the `ActorKind` of `type` is provided. */
export function actorKindToken(type: ActorType<unknown>): string {
  return `ActorKind(${virtualActorOptions(type).kind})`;
}

export function virtualActorOptions(type: ActorType<unknown> | undefined): VirtualActorOptions<unknown> {
  if (type === undefined) throw new Error('an actor class is undefined here: do two files import each other?');
  const options = Reflect.getOwnMetadata(OPTIONS, type) as VirtualActorOptions<unknown> | undefined;
  if (options === undefined) throw new Error(`${type.name} is not decorated with @VirtualActor({ kind })`);
  return options;
}
