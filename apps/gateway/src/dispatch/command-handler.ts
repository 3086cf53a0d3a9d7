import { Injectable, applyDecorators, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { CommandType, Commands } from '#protocol';
import type { Session } from './session.js';

/** What handles one message type. Throws (or rejects with) a ProtocolError to answer with an error. */
export interface Handler<C> {
  /**
   * Called with the frame's fields once the DTO holds for them: plain fields, not an instance of the DTO; fields that the DTO does not name
   * may be there. A promise holds back the connection's later frames until it settles: for what must be done before anything else.
   */
  handle(session: Session, command: C): void | Promise<void>;
}

/** The command that goes with a wire type: the protocol's own, or for a type of a deployer's whatever the DTO says. */
export type CommandOf<T extends string, D> = T extends CommandType ? Commands[T] : D;

export interface CommandOptions {
  /** Allowed before registration. Default: false. */
  readonly anonymous?: boolean;
}

/** One message type as declared by `@CommandHandler`. */
export interface Declaration extends CommandOptions {
  readonly type: string;
  readonly dto: Type<object>;
}

/** Marks handlers for `DiscoveryService`. */
export const Declared = DiscoveryService.createDecorator<Declaration>();

/**
 * Declares a class as the handler of the wire type `type`, whose fields `dto` (class-validator decorators) is the schema of:
 *
 *     \@CommandHandler('typing', TypingDto)
 *     export class TypingHandler implements Handler<TypingDto> { … }
 *
 * A provider of any module that the app imports is found; nothing else needs to know. For a type of the protocol the compiler checks DTO and
 * handler against the protocol's own fields.
 */
export const CommandHandler = <T extends string, D extends object & CommandOf<T, object>>(
  type: T,
  dto: Type<D>,
  options: CommandOptions = {},
) => {
  const declare = applyDecorators(Injectable(), Declared({ ...options, type, dto }));
  return (target: Type<Handler<CommandOf<T, D>>>): void => declare(target);
};
