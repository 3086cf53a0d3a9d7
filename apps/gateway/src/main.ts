import { LAYOUTS, ROLE } from '#contract';
import { runService } from '#service';
import { GATEWAY_VARIABLES } from './config.js';
import { GatewayModule, configureGateway } from './gateway.module.js';

await runService({
  app: 'gateway',
  roles: [ROLE.gateway],
  layouts: LAYOUTS,
  module: GatewayModule,
  config: GATEWAY_VARIABLES,
  configure: configureGateway,
});
