import { LAYOUTS, ROLE } from '#contract';
import { runService } from '#service';
import { configureGateway } from '../../gateway/src/gateway.module.js';
import { configureRouter } from '../../router/src/router.module.js';
import { STANDALONE_VARIABLES } from './config.js';
import { StandaloneModule } from './standalone.module.js';
import { welcome } from './welcome.js';

await runService({
  app: 'standalone',
  roles: Object.values(ROLE),
  layouts: LAYOUTS,
  module: StandaloneModule,
  config: STANDALONE_VARIABLES,
  configure: (app) => {
    configureGateway(app);
    configureRouter(app);
  },
  onReady: (url, config) => process.stdout.write(welcome(url, config)),
});
