import type { Server } from 'node:http';
import { Module, type INestApplication } from '@nestjs/common';
import type { Clock } from '#actor';
import { CLOCK, CONFIG } from '#service';
import type { GatewayConfig } from './config.js';
import { ConnectionModule } from './connection/connection.module.js';
import { Counters } from './connection/counters.js';
import { EdgeAdapter } from './connection/edge-adapter.js';
import { upgradeFast } from './connection/fast-upgrades.js';
import { limitHandshakeTime } from './connection/handshake-time.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { BUILT_IN } from './handlers/index.js';
import { limitSockets } from './limits/http-limits.js';
import { LIMIT } from './limits/limits.js';
import { StatsModule } from './stats/stats.module.js';

/** The edge: sockets and sessions. A message type of your own: add its module to `imports`. */
@Module({
  imports: [ConnectionModule, DeliveryModule, StatsModule, ...Object.values(BUILT_IN).map(({ module }) => module)],
})
export class GatewayModule {}

/** To be called before the app is initialised: puts our WebSocket adapter in place, and limits on what has not become one yet. */
export function configureGateway(app: INestApplication): void {
  const { MAX_MESSAGE_BYTES: maxPayload, MAX_CONNECTIONS, AUTH_TIMEOUT_MS } = app.get<GatewayConfig>(CONFIG);
  const server = app.getHttpServer() as Server;
  const counters = app.get(Counters);
  limitHandshakeTime(server, AUTH_TIMEOUT_MS);
  limitSockets(server, MAX_CONNECTIONS, () => counters.count(counters.limited, LIMIT.sockets));
  upgradeFast(server, app.get<Clock>(CLOCK));
  app.useWebSocketAdapter(new EdgeAdapter(app, { maxPayload }));
}
