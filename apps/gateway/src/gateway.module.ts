import type { Server } from 'node:http';
import { Module, type INestApplication } from '@nestjs/common';
import { CONFIG } from '#service';
import type { GatewayConfig } from './config.js';
import { ConnectionModule } from './connection/connection.module.js';
import { EdgeAdapter } from './connection/edge-adapter.js';
import { limitHandshakeTime } from './connection/handshake-time.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { BUILT_IN } from './handlers/index.js';
import { StatsModule } from './stats/stats.module.js';

/** The edge: sockets and sessions. A message type of your own: add its module to `imports`. */
@Module({
  imports: [ConnectionModule, DeliveryModule, StatsModule, ...Object.values(BUILT_IN).map(({ module }) => module)],
})
export class GatewayModule {}

/** To be called before the app is initialised: puts our WebSocket adapter in place, and a limit on the time of an upgrade. */
export function configureGateway(app: INestApplication): void {
  const { MAX_MESSAGE_BYTES: maxPayload, AUTH_TIMEOUT_MS } = app.get<GatewayConfig>(CONFIG);
  limitHandshakeTime(app.getHttpServer() as Server, AUTH_TIMEOUT_MS);
  app.useWebSocketAdapter(new EdgeAdapter(app, { maxPayload }));
}
