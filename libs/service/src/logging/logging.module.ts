import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { stdTimeFunctions } from 'pino';
import type { App } from '../config/variable.js';
import type { Config } from '../config/read-config.js';
import { serializeError } from './serialize-error.js';

/**
 * One JSON line an event, on stdout. Never message content, never tokens.
 *
 * HTTP requests get no logger of their own (`forRoutes`): nestjs-pino keeps it in an AsyncLocalStorage, and from the first request on (a health check) every
 * promise of the process would pay for that on Node 20 (docs/performance.md).
 */
export function loggingModule(app: App, config: Config<'INSTANCE_ID' | 'LOG_LEVEL'>): DynamicModule {
  return LoggerModule.forRoot({
    forRoutes: [],
    pinoHttp: {
      level: config.LOG_LEVEL,
      base: { app, instance: config.INSTANCE_ID },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level: string) => ({ level }) },
      serializers: { err: serializeError },
      autoLogging: false,
    },
  });
}
