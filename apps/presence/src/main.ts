import { LAYOUTS, ROLE } from '#contract';
import { runService } from '#service';
import { PRESENCE_VARIABLES } from './config.js';
import { PresenceModule } from './presence.module.js';

await runService({
  app: 'presence',
  roles: [ROLE.presence],
  layouts: LAYOUTS,
  module: PresenceModule,
  config: PRESENCE_VARIABLES,
});
