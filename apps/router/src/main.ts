import { LAYOUTS, ROLE } from '#contract';
import { runService } from '#service';
import { ROUTER_VARIABLES } from './config.js';
import { configureRouter, RouterModule } from './router.module.js';

await runService({
  app: 'router',
  roles: [ROLE.router],
  layouts: LAYOUTS,
  module: RouterModule,
  config: ROUTER_VARIABLES,
  configure: configureRouter,
});
