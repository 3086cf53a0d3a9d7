import 'reflect-metadata';
import { getMetadataStorage } from 'class-validator';
import type { CommandType } from '#protocol';
import { compileChecker, type Checker } from '../../apps/gateway/src/dispatch/checker.js';
import { Declared, type Declaration } from '../../apps/gateway/src/dispatch/command-handler.js';
import { BUILT_IN } from '../../apps/gateway/src/handlers/index.js';

const dtoOf = (type: CommandType): Declaration['dto'] =>
  (Reflect.getMetadata(Declared.KEY, BUILT_IN[type].handler) as Declaration).dto;

/** What the gateway checks a command's fields with. */
export const checkerOf = (type: CommandType): Checker => compileChecker(dtoOf(type));

/** The fields that it has rules for: all but `type` and `ref`, which the codec sees to. */
export const fieldsOf = (type: CommandType): readonly string[] => [
  ...new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(dtoOf(type), '', false, false)
      .map(({ propertyName }) => propertyName),
  ),
];
