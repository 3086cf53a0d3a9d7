import { Injectable } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

/** Nest's own account of each module and route it wires up: of use to who debugs the wiring only. */
const WIRING = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

/** The app's logger; what Nest says about its wiring is for the level `debug`. */
@Injectable()
export class QuietLogger extends Logger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (WIRING.has(String(rest.at(-1)))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}
