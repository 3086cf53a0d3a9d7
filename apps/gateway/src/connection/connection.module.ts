import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { AuthenticationModule } from '../auth/authentication.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { WatchingModule } from '../watching/watching.module.js';
import { Admission } from './admission.js';
import { Attendance } from './attendance.js';
import { AutoAck } from './auto-ack.js';
import { CatchUp } from './catch-up.js';
import { Counters } from './counters.js';
import { Drain } from './drain.js';
import { EdgeGateway } from './edge.gateway.js';
import { Heartbeat } from './heartbeat.js';
import { OutboundShared } from './outbound.js';
import { Registry } from './registry.js';
import { Sessions } from './sessions.js';
import { Subscribers } from './subscribers.js';

@Module({
  imports: [AuthenticationModule, DispatchModule, LimitsModule, UpstreamModule, WatchingModule],
  providers: [
    Admission,
    Attendance,
    AutoAck,
    CatchUp,
    Counters,
    Drain,
    EdgeGateway,
    Heartbeat,
    OutboundShared,
    Registry,
    Sessions,
    Subscribers,
  ],
  exports: [
    LimitsModule,
    Admission,
    Attendance,
    AutoAck,
    Counters,
    Heartbeat,
    Registry,
    Sessions,
    Subscribers,
    WatchingModule,
    AuthenticationModule,
  ],
})
export class ConnectionModule {}
