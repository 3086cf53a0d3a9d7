import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { ActorType } from './virtual-actor.js';

/** What Nest's decorators and the compiler say about a constructor. */
const CONSTRUCTOR_METADATA = ['design:paramtypes', 'self:paramtypes', 'optional:paramtypes'];
const PROPERTY_METADATA = 'self:properties_metadata';

/**
 * Resolves the constructor parameters of `type` as Nest would those of a provider of `host`, with its rules and its error messages: it
 * has Nest make one object, of the same name and parameters, that only keeps what it was given.
 */
export async function resolveDependencies(type: ActorType<unknown>, host: ModuleRef): Promise<readonly unknown[]> {
  if (type.length > 0 && Reflect.getMetadata('design:paramtypes', type) === undefined)
    throw new Error(`${type.name}: its constructor's types are unknown; compile with emitDecoratorMetadata`);
  if (Reflect.getMetadata(PROPERTY_METADATA, type) !== undefined)
    throw new Error(`${type.name}: inject into its constructor, not into properties`);
  return (await host.create(standIn(type))).given;
}

function standIn(type: ActorType<unknown>): Type<{ readonly given: readonly unknown[] }> {
  class StandIn {
    readonly given: readonly unknown[];
    constructor(...given: readonly unknown[]) {
      this.given = given;
    }
  }
  Object.defineProperty(StandIn, 'name', { value: type.name });
  for (const key of CONSTRUCTOR_METADATA) {
    const value: unknown = Reflect.getMetadata(key, type);
    if (value !== undefined) Reflect.defineMetadata(key, value, StandIn);
  }
  return StandIn;
}
