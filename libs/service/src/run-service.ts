import { Logger } from '@nestjs/common';
import { ConfigError } from './config/config-error.js';
import { Fenced } from './infrastructure/fenced.js';
import { Service, type ServiceOptions } from './service.js';

/** What a stop may take beyond the time a gateway spreads its closing over. */
const STOP_LIMIT_MS = 10_000;

const logger = new Logger('Service');

/** Before there is a logger, and for people who have just typed the command: plain lines on stderr. */
function refuse(app: string, error: unknown): never {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`switchboard ${app} cannot start:\n${text}\n`);
  process.exit(1);
}

function crash(error: unknown): never {
  logger.fatal(error);
  process.exit(1);
}

/** A stop that hangs (an engine that does not answer) must not outlive its welcome. */
function limitStop(ms: number): void {
  const giveUp = (): never => crash(new Error(`not stopped after ${ms} ms`));
  setTimeout(giveUp, ms).unref();
}

/** Within this long a second signal is the first one's echo: npm passes on a Ctrl-C that the terminal has told the app already. */
const ECHO_MS = 1_000;

function stopOnSignals(service: Service): { readonly stopping: boolean } {
  let since: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (since !== undefined && performance.now() - since > ECHO_MS) crash(new Error(`${signal} again while stopping`));
    if (since !== undefined) return;
    since = performance.now();
    logger.log(`${signal}: stopping`);
    limitStop((service.config.DRAIN_MS ?? 0) + STOP_LIMIT_MS);
    service.close().then(() => process.exit(0), crash);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  return {
    get stopping() {
      return since !== undefined;
    },
  };
}

/**
 * Runs one app for the life of the process: SIGTERM or SIGINT stop it in order and exit 0; a bad environment, an instance id that another
 * holds or takes, a port in use, or an error nobody caught exit 1 and say why. Resolves once it is ready.
 */
export async function runService(options: ServiceOptions): Promise<Service> {
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
  const service = await Service.create(options).catch((error: unknown) => refuse(options.app, error));
  const state = stopOnSignals(service);
  void service.app.get(Fenced).over.then(() => process.exit(1));
  try {
    await service.start();
  } catch (error) {
    // A stop during the start ends the start with an error of its own; the stop goes on and exits.
    if (!state.stopping) crash(error);
  }
  return service;
}
