import { Injectable } from '@nestjs/common';
import { ProtocolError, TEXTS, type Codec, type RawCommand } from '#protocol';
import { Routes, type Route } from './routes.js';
import type { Session } from './session.js';

/** From a frame to its handler: decode, find the handler, may the session, do the fields hold. */
@Injectable()
export class Dispatcher {
  constructor(private readonly routes: Routes) {}

  /**
   * Never throws for what a client or a handler does wrong: the session answers with the error.
   * @returns a promise where the handler made one; it never rejects.
   */
  dispatch(session: Session, codec: Codec, frame: Buffer): void | Promise<void> {
    let command: RawCommand | undefined;
    try {
      command = codec.decode(frame);
      const done = this.routeOf(command, session).handler.handle(session, command.fields);
      if (done) return done.catch((error: unknown) => session.refuse(error, command?.ref, command?.type));
    } catch (error) {
      session.refuse(error, command?.ref, command?.type);
    }
  }

  private routeOf(command: RawCommand, session: Session): Route {
    const route = this.routes.get(command.type);
    if (!route) throw new ProtocolError('WS_INVALID_MESSAGE', TEXTS.unknownType);
    if (!session.takes(route)) throw new ProtocolError('WS_NOT_AUTHENTICATED');
    route.check(command.fields);
    return route;
  }
}
