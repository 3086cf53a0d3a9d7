import { Module } from '@nestjs/common';
import { GatewayModule } from '../../gateway/src/gateway.module.js';
import { PresenceModule } from '../../presence/src/presence.module.js';
import { RouterModule } from '../../router/src/router.module.js';

/** The three services in one process: one mesh instance that plays all three roles. */
@Module({ imports: [GatewayModule, PresenceModule, RouterModule] })
export class StandaloneModule {}
