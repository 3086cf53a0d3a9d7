import { executionAsyncId } from 'node:async_hooks';
import { Inject, Injectable, Module, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import type { Engine } from '#engine';
import { runService } from './run-service.js';
import { ENGINE } from './tokens.js';

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

/** Tells in which order it is stopped, and fails where a test asks it to. */
@Injectable()
class Probe implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.engine.ping(1_000);
    print('drained while the engine was there');
    if (process.env['FIXTURE'] === 'hang') await new Promise(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.engine.ping(1_000);
    print('closed while the engine was there');
  }
}

@Module({ providers: [Probe] })
class ProbeModule {}

/** Of two promises of one turn: the same for both, unless somebody has switched on the tracking of promises. */
const promiseIds = (): Promise<number[]> =>
  Promise.all([1, 2].map((value) => Promise.resolve(value).then(() => executionAsyncId())));

const config = ['AUTH_MODE', 'API_KEY'] as const;
const service = await runService({ app: 'standalone', roles: ['router'], module: ProbeModule, config });
if (process.env['FIXTURE'] === 'request') {
  const url = await service.app.getUrl();
  for (const path of ['/health', '/stats', '/nothing']) await (await fetch(url + path)).text();
  print(`different promise ids: ${new Set(await promiseIds()).size}`);
}
if (process.env['FIXTURE'] === 'throw')
  setTimeout(() => {
    throw new Error('nobody caught this');
  }, 0);
if (process.env['FIXTURE'] === 'reject') void Promise.reject(new Error('nobody awaited this'));
