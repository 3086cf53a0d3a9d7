import { Module, type DynamicModule } from '@nestjs/common';
import { InfrastructureModule, type InfrastructureOptions } from './infrastructure/infrastructure.module.js';
import { loggingModule } from './logging/logging.module.js';
import { QuietLogger } from './logging/quiet-logger.js';

/** The root module of an app: what every app has, and the app's own. */
@Module({})
export class ServiceModule {
  static forRoot(options: InfrastructureOptions, own: NonNullable<DynamicModule['imports']>[number]): DynamicModule {
    return {
      module: ServiceModule,
      imports: [loggingModule(options.app, options.config), InfrastructureModule.forRoot(options), own],
      providers: [QuietLogger],
    };
  }
}
